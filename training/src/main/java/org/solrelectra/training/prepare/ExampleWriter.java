package org.solrelectra.training.prepare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.dataset.LabeledText;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.storage.DurableFiles;

/**
 * Writes examples as JSONL, a share of them to a second file for development. Which file an example
 * goes to depends on its text or query alone, so all passages of a query stay together. The files
 * appear when all is written.
 */
public final class ExampleWriter implements Closeable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path output;
  private final Path developmentOutput;
  private final double developmentShare;
  private final double trainingShare;
  private final BufferedWriter writer;
  private final BufferedWriter developmentWriter;
  private long examples;
  private long developmentExamples;
  private boolean complete;

  /**
   * @param developmentOutput null for none
   * @param developmentShare of all texts or queries
   * @param trainingShare of the others; what is left is dropped
   */
  public ExampleWriter(
      Path output, Path developmentOutput, double developmentShare, double trainingShare)
      throws IOException {
    if (!(trainingShare > 0 && trainingShare <= 1)) {
      throw new IllegalArgumentException(
          "trainingShare must be in (0, 1]; trainingShare=" + trainingShare);
    }
    if (!(developmentShare > 0 && developmentShare < 1)) {
      throw new IllegalArgumentException(
          "developmentShare must be in (0, 1); developmentShare=" + developmentShare);
    }
    if (developmentOutput != null
        && developmentOutput
            .toAbsolutePath()
            .normalize()
            .equals(output.toAbsolutePath().normalize())) {
      throw new IllegalArgumentException(
          "the development examples need a file of their own; both are " + output);
    }
    DurableFiles.requireNoFolder(output);
    if (developmentOutput != null) {
      DurableFiles.requireNoFolder(developmentOutput);
    }
    this.output = output;
    this.developmentOutput = developmentOutput;
    this.developmentShare = developmentOutput == null ? 0 : developmentShare;
    this.trainingShare = trainingShare;
    this.writer = Files.newBufferedWriter(partial(output), StandardCharsets.UTF_8);
    this.developmentWriter =
        developmentOutput == null
            ? null
            : Files.newBufferedWriter(partial(developmentOutput), StandardCharsets.UTF_8);
  }

  private static Path partial(Path file) {
    return file.resolveSibling(file.getFileName() + ".partial");
  }

  /** Writes a labelled text. */
  public void write(LabeledText example) throws IOException {
    ObjectNode object = JSON.createObjectNode();
    object.put("text", example.text());
    if (example.pair() != null) {
      object.put("pair", example.pair());
    }
    object.put("label", example.label());
    write(object, example.text());
  }

  /** Writes a judged pair. */
  public void write(LabeledPair example) throws IOException {
    ObjectNode object = JSON.createObjectNode();
    object
        .put("query", example.query())
        .put("passage", example.passage())
        .put("label", example.grade());
    write(object, example.query());
  }

  private void write(ObjectNode object, String key) throws IOException {
    double place = KeyedRandom.place(key);
    if (place < developmentShare) {
      developmentWriter.append(object.toString()).append('\n');
      developmentExamples++;
    } else if (place < developmentShare + (1 - developmentShare) * trainingShare) {
      writer.append(object.toString()).append('\n');
      examples++;
    }
  }

  /** Returns how many examples went to the first file. */
  public long examples() {
    return examples;
  }

  /** Returns how many examples went to the development file. */
  public long developmentExamples() {
    return developmentExamples;
  }

  /** Says that all examples were written: {@link #close} gives the files their names. */
  public void complete() {
    complete = true;
  }

  @Override
  public void close() throws IOException {
    writer.close();
    finish(output);
    if (developmentWriter != null) {
      developmentWriter.close();
      finish(developmentOutput);
    }
  }

  private void finish(Path file) throws IOException {
    if (complete) {
      DurableFiles.rename(partial(file), file);
    } else {
      Files.deleteIfExists(partial(file));
    }
  }
}
