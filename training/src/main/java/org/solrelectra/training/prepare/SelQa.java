package org.solrelectra.training.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledPair;

/**
 * Questions on Wikipedia sections with the sentences that answer them (Jurczyk et al. 2016;
 * Apache-2.0).
 */
final class SelQa implements Preparer {
  @Override
  public String inputs() {
    return "selqa-ass-*.json";
  }

  @Override
  public void prepare(List<Path> inputs, ExampleWriter output) throws IOException {
    for (Path input : inputs) {
      for (JsonNode record : records(input)) {
        JsonNode candidates = record.path("candidates");
        if (!record.path("question").isTextual() || !candidates.isArray()) {
          throw new InvalidDatasetException(input + ": a record lacks question or candidates");
        }
        Set<Integer> answers = new HashSet<>();
        for (JsonNode answer : record.path("answers")) {
          if (!answer.canConvertToInt() || !candidates.has(answer.intValue())) {
            throw new InvalidDatasetException(
                input
                    + ": an answer must be the number of a candidate; answer="
                    + Excerpt.of(answer));
          }
          answers.add(answer.intValue());
        }
        for (int i = 0; i < candidates.size(); i++) {
          String candidate = candidates.get(i).asText().strip();
          // One in two hundred is empty.
          if (!candidate.isEmpty()) {
            output.write(
                new LabeledPair(
                    record.get("question").asText().strip(),
                    candidate,
                    answers.contains(i) ? 1 : 0));
          }
        }
      }
    }
  }

  private static JsonNode records(Path file) throws IOException {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new InvalidDatasetException(
          file + " is not JSON: " + Excerpt.of(e.getOriginalMessage()), e);
    }
  }
}
