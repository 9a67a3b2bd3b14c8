package org.solrelectra.training.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads documents from plain text files: a document is a run of lines, a blank line ends it, and so
 * does the end of a file. {@code .gz} and {@code .xz} files are decompressed. A document of more
 * than a million characters comes in parts, each as one document.
 */
public final class CorpusReader implements DocumentSource {
  private final List<Path> files;

  /**
   * @throws InvalidCorpusException if a file does not exist, is a folder, or its name says JSONL
   */
  public CorpusReader(List<Path> files) throws InvalidCorpusException {
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new InvalidCorpusException(file + " is not a file; expected UTF-8 text, .gz or .xz");
      }
      if (JsonLinesSource.isNamedSo(file)) {
        throw new InvalidCorpusException(
            file + " is JSONL; expected plain text; electra corpus makes shards of it");
      }
    }
    this.files = List.copyOf(files);
  }

  /**
   * Gives the documents after a place to a consumer.
   *
   * @param place how many documents were given before, or {@link #START}
   * @throws InvalidCorpusException if a file is not UTF-8 text, or no file holds a document
   */
  @Override
  public void forEachDocument(String place, DocumentConsumer consumer) throws IOException {
    SkippingConsumer rest =
        new SkippingConsumer(place.equals(START) ? 0 : Long.parseLong(place), consumer);
    DocumentAssembler documents = new DocumentAssembler(rest);
    for (Path file : files) {
      try (TextLines lines = TextLines.open(file)) {
        for (String line = lines.next(); line != null; line = lines.next()) {
          if (Blank.isBlank(line)) {
            documents.end();
          } else {
            documents.addLine(line);
          }
        }
        documents.end();
      }
    }
    if (documents.documents() == 0) {
      throw new InvalidCorpusException("the corpus holds no text; files: " + files);
    }
  }

  @Override
  public String description() {
    return "text " + InputFiles.describe(files);
  }

  private static final class SkippingConsumer implements DocumentConsumer {
    private final long skipped;
    private final DocumentConsumer consumer;
    private long seen;

    SkippingConsumer(long skipped, DocumentConsumer consumer) {
      this.skipped = skipped;
      this.consumer = consumer;
    }

    @Override
    public void accept(List<String> lines) throws IOException {
      if (++seen > skipped) {
        consumer.accept(lines);
        consumer.mark(Long.toString(seen));
      }
    }
  }
}
