package org.solrelectra.config;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The documents and questions of {@code sample/}: a bank's help centre and its customers. */
record SampleDocuments(List<Passage> passages, List<Question> questions, List<Message> messages) {

  /** A passage of the help centre. */
  record Passage(String id, String topic, String title, String text) {}

  /**
   * A question.
   *
   * @param answers ids of the passages that answer it
   */
  record Question(String id, String question, List<String> answers) {}

  /**
   * What a customer wrote.
   *
   * @param intent the label that its author had in mind
   */
  record Message(String id, String text, String intent) {}

  /** Reads the three files of a folder. */
  static SampleDocuments read(Path folder) throws IOException {
    return new SampleDocuments(
        lines(folder.resolve("help-centre.jsonl"), Passage.class),
        lines(folder.resolve("questions.jsonl"), Question.class),
        lines(folder.resolve("messages.jsonl"), Message.class));
  }

  private static <T> List<T> lines(Path file, Class<T> type) throws IOException {
    try (MappingIterator<T> lines = new ObjectMapper().readerFor(type).readValues(file.toFile())) {
      return List.copyOf(lines.readAll());
    }
  }
}
