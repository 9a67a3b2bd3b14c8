package org.solrelectra.training.vocabulary;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.solrelectra.lucene.analysis.NormalizedWord;
import org.solrelectra.lucene.analysis.WordSplitter;
import org.solrelectra.lucene.model.TokenizerConfig;

/** How often each normalised word stands in a corpus. Not for several threads at once. */
public final class WordCounts {
  /** A word and how often it was seen. */
  record Counted(String word, long count) {}

  private static final class Counter {
    private long count;
  }

  private final WordSplitter splitter;
  private final NormalizedWord scratch = new NormalizedWord();
  private final Map<String, Counter> counts = new HashMap<>();

  public WordCounts(TokenizerConfig config) {
    this.splitter = new WordSplitter(config);
  }

  /** Counts the words of a text. Words too long to be cut into pieces are left out. */
  public void add(CharSequence text) {
    boolean all =
        splitter.split(
            text,
            0,
            text.length(),
            scratch,
            word -> {
              if (!word.isTooLong()) {
                counts.computeIfAbsent(word.toString(), w -> new Counter()).count++;
              }
              return true;
            });
    if (!all) {
      throw new IllegalStateException("the splitter stopped before the end of the text");
    }
  }

  /** Returns the words, by their text, so that the order of the corpus does not matter. */
  List<Counted> sorted() {
    List<Counted> words = new ArrayList<>(counts.size());
    counts.forEach((word, counter) -> words.add(new Counted(word, counter.count)));
    words.sort(Comparator.comparing(Counted::word));
    return words;
  }
}
