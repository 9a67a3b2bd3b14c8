package org.solrelectra.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.bytedeco.pytorch.Device;
import org.solrelectra.lucene.SharedFiles;
import org.solrelectra.training.checkpoint.SafeTensors;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.solrelectra.training.network.ElectraConfig;

/** Reads the reference values beside the checkout. */
public final class GoldenFiles {
  /**
   * What networks are tested on: the CPU, or what {@code -Delectra.test.device=cuda:0} says.
   * Outlives the scope that a test may be in when it first asks for it.
   */
  public static final Device DEVICE =
      new Device(System.getProperty("electra.test.device", "cpu")).retainReference();

  private GoldenFiles() {}

  public static JsonNode json(String name) throws IOException {
    Path file = SharedFiles.require("golden/" + name);
    try (InputStream raw = Files.newInputStream(file);
        InputStream stream = name.endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      return new ObjectMapper().readTree(stream);
    }
  }

  public static Map<String, Values> tensors(String name) throws IOException {
    return SafeTensors.read(SharedFiles.require("golden/" + name));
  }

  public static ElectraConfig config(String folder) throws IOException {
    return ElectraConfig.fromJson(json(folder + "/config.json"), folder);
  }

  /** Flattens nested arrays of whole numbers, row by row. */
  public static long[] longs(JsonNode node) {
    if (!node.isArray()) {
      return new long[] {node.asLong()};
    }
    java.util.stream.LongStream values = java.util.stream.LongStream.empty();
    for (JsonNode child : node) {
      values = java.util.stream.LongStream.concat(values, java.util.Arrays.stream(longs(child)));
    }
    return values.toArray();
  }
}
