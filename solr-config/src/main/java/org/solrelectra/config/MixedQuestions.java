package org.solrelectra.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Questions of people's words and of people's lengths that nobody asked before, so that no cache
 * knows them: each is the first half of one text and the second half of another. Threads may share
 * them.
 */
final class MixedQuestions {
  private final List<String> questions;
  private final AtomicInteger next = new AtomicInteger();

  /**
   * @param texts that people wrote
   */
  MixedQuestions(List<String> texts, long seed) {
    Set<String> mixed = new LinkedHashSet<>();
    for (String first : texts) {
      for (String second : texts) {
        mixed.add(half(first, 0, 1) + " " + half(second, 1, 2));
      }
    }
    questions = new ArrayList<>(mixed);
    Collections.shuffle(questions, new Random(seed));
  }

  private static String half(String text, int from, int to) {
    String[] words = text.strip().split("\\s+");
    return String.join(
        " ", Arrays.copyOfRange(words, from * words.length / 2, to * words.length / 2));
  }

  /** Returns a question that was not returned before. */
  String next() {
    int index = next.getAndIncrement();
    if (index >= questions.size()) {
      throw new IllegalStateException(
          "there are no more questions that differ; questions=" + questions.size());
    }
    return questions.get(index);
  }
}
