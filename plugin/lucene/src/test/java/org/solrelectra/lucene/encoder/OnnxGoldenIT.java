package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.SharedFiles;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.Task;

/** Graphs that torch exported, without a manifest, give the logits that ONNX Runtime gave there. */
class OnnxGoldenIT {
  private static final float TOLERANCE = 1e-4f;

  @TempDir Path folder;
  private JsonNode batches;
  private Path expectedFile;

  @BeforeEach
  void readBatches() throws IOException {
    batches = new ObjectMapper().readTree(SharedFiles.require("golden/onnx/batches.json").toFile());
    expectedFile = SharedFiles.require("golden/onnx/expected.safetensors");
  }

  /** Puts a graph together with the configuration and the vocabulary it was exported from. */
  private OnnxEncoder open(String name, WorkerPool pool) throws IOException {
    Path directory = Files.createDirectories(folder.resolve(name));
    Files.copy(
        SharedFiles.require("golden/onnx/" + name + ".onnx"), directory.resolve("model.onnx"));
    Files.copy(
        SharedFiles.require("golden/electra-tiny/" + name + "/config.json"),
        directory.resolve("config.json"));
    Files.copy(
        SharedFiles.require("golden/electra-tiny/vocab.txt"), directory.resolve("vocab.txt"));
    return OnnxEncoder.open(ModelDirectory.open(directory), pool);
  }

  /** Reads a batch as it was padded; the attention mask tells the padding. */
  private List<TokenSequence> sequences(String batch) {
    JsonNode ids = batches.get(batch).get("input_ids");
    List<TokenSequence> sequences = new ArrayList<>();
    for (int row = 0; row < ids.size(); row++) {
      JsonNode mask = batches.get(batch).get("attention_mask").get(row);
      int length =
          (int) IntStream.range(0, mask.size()).filter(i -> mask.get(i).asInt() == 1).count();
      sequences.add(
          new TokenSequence(
              values(ids.get(row), length),
              values(batches.get(batch).get("token_type_ids").get(row), length)));
    }
    return sequences;
  }

  private static int[] values(JsonNode row, int length) {
    return IntStream.range(0, length).map(i -> row.get(i).asInt()).toArray();
  }

  /** Reads one row of a float tensor [rows, width] of the expected values. */
  private float[] expected(String tensor, int row, int length) throws IOException {
    ByteBuffer file =
        ByteBuffer.wrap(Files.readAllBytes(expectedFile)).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = Math.toIntExact(file.getLong(0));
    JsonNode entry =
        new ObjectMapper()
            .readTree(new String(file.array(), 8, headerLength, StandardCharsets.UTF_8))
            .get(tensor);
    int width = entry.get("shape").get(1).asInt();
    int start = 8 + headerLength + entry.get("data_offsets").get(0).asInt() + 4 * row * width;
    float[] values = new float[length];
    file.position(start).slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private void compareLogits(String name, int labels) throws IOException {
    try (WorkerPool pool = new WorkerPool(1);
        OnnxEncoder encoder = open(name, pool)) {
      assertEquals(labels, encoder.model().labels().size());
      for (String batch : List.of("padded", "full", "single", "ragged", "wide")) {
        List<TokenSequence> sequences = sequences(batch);
        EncoderOutput output =
            encoder.encode(new TokenBatch(sequences, 0), Deadline.NONE, Lane.QUERY);
        for (int row = 0; row < sequences.size(); row++) {
          assertArrayEquals(
              expected(name + "." + batch + ".logits", row, labels),
              output.logits(row),
              TOLERANCE,
              batch + " " + row);
        }
      }
    }
  }

  @Test
  void rankerGivesTheReferenceLogits() throws IOException {
    compareLogits("classifier-1", 1);
  }

  @Test
  void classifierGivesTheReferenceLogits() throws IOException {
    compareLogits("classifier-5", 5);
  }

  @Test
  void questionAnsweringGivesTheReferenceLogitsOfEachToken() throws IOException {
    try (WorkerPool pool = new WorkerPool(0);
        OnnxEncoder encoder = open("qa", pool)) {
      assertEquals(Task.QUESTION_ANSWERING, encoder.model().manifest().task());
      for (String batch : List.of("padded", "full", "single", "ragged", "wide")) {
        List<TokenSequence> sequences = sequences(batch);
        EncoderOutput output =
            encoder.encode(new TokenBatch(sequences, 0), Deadline.NONE, Lane.QUERY);
        for (int row = 0; row < sequences.size(); row++) {
          int length = sequences.get(row).length();
          assertArrayEquals(
              expected("qa." + batch + ".start_logits", row, length),
              Arrays.copyOf(output.startLogits(row), length),
              TOLERANCE);
          assertArrayEquals(
              expected("qa." + batch + ".end_logits", row, length),
              Arrays.copyOf(output.endLogits(row), length),
              TOLERANCE);
        }
      }
    }
  }
}
