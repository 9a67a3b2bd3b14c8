package org.solrelectra.training.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads documents from plain text files: a document is a run of lines, a blank line ends it, and so
 * does the end of a file. {@code .gz} and {@code .xz} files are decompressed. A document of more
 * than a million characters comes in parts, each as one document, so that a file without blank
 * lines does not have to fit into memory.
 */
public final class CorpusReader {
  private static final int LONGEST_DOCUMENT = 1_000_000;

  private final List<Path> files;

  /**
   * @throws InvalidCorpusException if a file does not exist or is a folder
   */
  public CorpusReader(List<Path> files) throws InvalidCorpusException {
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new InvalidCorpusException(file + " is not a file; expected UTF-8 text, .gz or .xz");
      }
    }
    this.files = List.copyOf(files);
  }

  /** Is given each document in the order of the files. */
  @FunctionalInterface
  public interface DocumentConsumer {
    /** Takes the lines of one document, at least one and none of them blank. */
    void accept(List<String> lines) throws IOException;
  }

  /**
   * Gives every document to a consumer.
   *
   * @throws InvalidCorpusException if a file is not UTF-8 text, or no file holds a document
   */
  public void forEachDocument(DocumentConsumer consumer) throws IOException {
    long documents = 0;
    for (Path file : files) {
      try (TextLines lines = TextLines.open(file)) {
        List<String> document = new ArrayList<>();
        int characters = 0;
        for (String line = lines.next(); line != null; line = lines.next()) {
          if (!line.isBlank()) {
            document.add(line);
            characters += line.length();
          }
          if (!document.isEmpty() && (line.isBlank() || characters > LONGEST_DOCUMENT)) {
            consumer.accept(document);
            documents++;
            document = new ArrayList<>();
            characters = 0;
          }
        }
        if (!document.isEmpty()) {
          consumer.accept(document);
          documents++;
        }
      }
    }
    if (documents == 0) {
      throw new InvalidCorpusException("the corpus holds no text; files: " + files);
    }
  }
}
