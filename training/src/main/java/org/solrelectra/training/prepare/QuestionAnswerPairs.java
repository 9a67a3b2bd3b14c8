package org.solrelectra.training.prepare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.evaluation.Bm25Index;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/**
 * Questions with their answers, and for each question other questions' answers as negatives: those
 * BM25 ranks high without being an answer, and some at random.
 */
final class QuestionAnswerPairs {
  private static final int SEARCHED = 20;
  private static final int HARD_NEGATIVES = 3;
  private static final int RANDOM_NEGATIVES = 1;

  private final List<String> questions = new ArrayList<>();
  private final Map<String, Set<String>> answers = new HashMap<>();
  private final Set<String> seenPassages = new HashSet<>();
  private final List<String> passages = new ArrayList<>();

  void add(String question, String answer) {
    answers
        .computeIfAbsent(
            question,
            q -> {
              questions.add(q);
              return new HashSet<>();
            })
        .add(answer);
    if (seenPassages.add(answer)) {
      passages.add(answer);
    }
  }

  void write(ExampleWriter output) throws IOException {
    try (Bm25Index index = new Bm25Index()) {
      for (String passage : passages) {
        index.add(passage);
      }
      index.finish();
      for (int i = 0; i < questions.size(); i++) {
        write(questions.get(i), i, index, output);
      }
    }
  }

  private void write(String question, int number, Bm25Index index, ExampleWriter output)
      throws IOException {
    Set<String> right = answers.get(question);
    for (String answer : right) {
      output.write(new LabeledPair(question, answer, 1));
    }
    KeyedRandom random = new KeyedRandom(0, Purpose.NEGATIVES, number);
    List<String> candidates = new ArrayList<>();
    for (Bm25Index.Hit hit : index.search(question, SEARCHED)) {
      if (!right.contains(hit.passage())) {
        candidates.add(hit.passage());
      }
    }
    for (int i = 0; i < HARD_NEGATIVES && !candidates.isEmpty(); i++) {
      String negative = candidates.remove(random.nextInt(candidates.size()));
      output.write(new LabeledPair(question, negative, 0));
    }
    for (int i = 0; i < RANDOM_NEGATIVES; i++) {
      String negative = passages.get(random.nextInt(passages.size()));
      if (!right.contains(negative)) {
        output.write(new LabeledPair(question, negative, 0));
      }
    }
  }
}
