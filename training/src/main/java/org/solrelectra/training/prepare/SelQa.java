package org.solrelectra.training.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
      for (JsonNode record : new ObjectMapper().readTree(input.toFile())) {
        JsonNode candidates = record.path("candidates");
        if (!record.path("question").isTextual() || !candidates.isArray()) {
          throw new InvalidDatasetException(input + ": a record lacks question or candidates");
        }
        Set<Integer> answers = new HashSet<>();
        record.path("answers").forEach(answer -> answers.add(answer.asInt()));
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
}
