package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.solrelectra.config.SampleDocuments.Message;
import org.solrelectra.config.SampleDocuments.Passage;
import org.solrelectra.config.SampleDocuments.Question;

class SampleDocumentsTest {
  @Test
  void everyQuestionHasItsAnswerAndEveryDocumentItsOwnId() throws IOException {
    SampleDocuments sample = SampleDocuments.read(Path.of("sample"));
    assertTrue(sample.passages().size() >= 200);
    assertTrue(sample.passages().stream().map(Passage::topic).distinct().count() >= 12);
    assertTrue(sample.messages().size() >= 100);
    assertEquals(30, sample.questions().size());
    List<String> ids =
        Stream.concat(
                sample.passages().stream().map(Passage::id),
                sample.messages().stream().map(Message::id))
            .toList();
    assertEquals(ids.size(), Set.copyOf(ids).size());
    Set<String> passages = sample.passages().stream().map(Passage::id).collect(Collectors.toSet());
    for (Question question : sample.questions()) {
      assertFalse(question.answers().isEmpty(), question.id());
      assertTrue(passages.containsAll(question.answers()), question.id());
    }
  }
}
