package org.solrelectra.training.pretrain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.distributed.ProcessGroup;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.storage.FileHash;

/**
 * Checks before the first step that all processes of a run start from the same: afterwards they
 * exchange gradients only.
 */
final class SharedStart {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SharedStart() {}

  /**
   * Checks what a run is started with, before work is done.
   *
   * @throws IllegalArgumentException if it differs between processes, or they are too many
   */
  static void requireSameSettings(
      ProcessGroup processes, PretrainingConfig config, String tokenizerHash) throws IOException {
    if (config.microBatches() < processes.worldSize()) {
      throw new IllegalArgumentException(
          "microBatches must be at least WORLD_SIZE="
              + processes.worldSize()
              + ", for each process computes some of a step's; a run keeps those it was started with; microBatches="
              + config.microBatches());
    }
    Map<String, String> settings = new LinkedHashMap<>();
    putLeaves("", JSON.valueToTree(config), settings);
    settings.put("vocabulary and casing", tokenizerHash);
    processes.requireSame(settings);
  }

  private static void putLeaves(String prefix, JsonNode node, Map<String, String> leaves) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (entry.getValue().isObject()) {
        putLeaves(prefix + entry.getKey() + ".", entry.getValue(), leaves);
      } else {
        leaves.put(prefix + entry.getKey(), entry.getValue().asText());
      }
    }
  }

  /**
   * Checks what training goes on from.
   *
   * @throws IllegalArgumentException if it differs between processes
   */
  static void requireSameState(ProcessGroup processes, Pretrainer pretrainer, TokenCorpus corpus)
      throws IOException {
    if (processes.worldSize() == 1) {
      return;
    }
    processes.requireSame(
        Map.of(
            "corpus",
            corpus.checksum(),
            "checkpoint",
            "step " + pretrainer.stepsDone(),
            "parameters",
            hash(pretrainer)));
  }

  private static String hash(Pretrainer pretrainer) {
    MessageDigest digest = FileHash.digest();
    for (Tensor parameter : pretrainer.parameters().all().values()) {
      try (PointerScope scope = new PointerScope()) {
        float[] values = Tensors.floats(parameter);
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
        bytes.asFloatBuffer().put(values);
        digest.update(bytes);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
