package org.solrelectra.training.vocabulary;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.solrelectra.lucene.analysis.NormalizedWord;
import org.solrelectra.lucene.analysis.WordSplitter;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.training.corpus.InvalidCorpusException;

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
  private long words;
  private long tooLong;

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
              words++;
              if (word.isTooLong()) {
                tooLong++;
              } else {
                counts.computeIfAbsent(word.toString(), w -> new Counter()).count++;
              }
              return true;
            });
    if (!all) {
      throw new IllegalStateException("the splitter stopped before the end of the text");
    }
  }

  /**
   * Checks that there is something to learn from.
   *
   * @throws InvalidCorpusException if no word was counted
   */
  public void requireWords() throws InvalidCorpusException {
    if (counts.isEmpty()) {
      throw new InvalidCorpusException(
          "no word to learn a vocabulary from; expected text with blanks between words of at most "
              + NormalizedWord.LONGEST
              + " characters; longer words="
              + tooLong);
    }
  }

  /** Returns how many words the texts had, those too long included. */
  public long words() {
    return words;
  }

  /** Returns how many words were too long to be cut into pieces. */
  public long tooLong() {
    return tooLong;
  }

  /** Returns the words, by their text, so that the order of the corpus does not matter. */
  List<Counted> sorted() {
    List<Counted> words = new ArrayList<>(counts.size());
    counts.forEach((word, counter) -> words.add(new Counted(word, counter.count)));
    words.sort(Comparator.comparing(Counted::word));
    return words;
  }
}
