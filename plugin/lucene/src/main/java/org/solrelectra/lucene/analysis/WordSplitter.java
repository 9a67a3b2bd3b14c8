package org.solrelectra.lucene.analysis;

import org.solrelectra.lucene.model.TokenizerConfig;

/**
 * BERT's normaliser and pre-tokeniser in one pass: clean, lower-case, strip accents, then words at
 * white space, each punctuation mark and each CJK ideograph a word of its own.
 *
 * <p>Immutable; threads may share it.
 */
public final class WordSplitter {
  /** Is given each word; the same object each time. */
  @FunctionalInterface
  public interface WordConsumer {
    /** Returns whether to go on to the next word. */
    boolean accept(NormalizedWord word);
  }

  /** The source is read in pieces, so that a huge text is never held twice. */
  private static final int CHUNK = 1 << 14;

  private final CodePointTable table;

  // What stands for each ASCII character that is part of a word; 0 for the others.
  private final char[] plain;

  public WordSplitter(TokenizerConfig config) {
    this.table = CodePointTable.of(config);
    this.plain = table.plain();
  }

  /**
   * Gives the words of {@code text} from {@code from} to {@code to} to a consumer.
   *
   * @param word the object that is filled for each word
   * @return whether the consumer took all words
   */
  public boolean split(
      CharSequence text, int from, int to, NormalizedWord word, WordConsumer consumer) {
    word.clear();
    int chunkStart = from;
    int chunkEnd = from;
    char[] chunk = word.text;
    int at = from;
    while (at < to) {
      if (at + 1 >= chunkEnd && chunkEnd < to) {
        chunkStart = at;
        chunkEnd = Math.min(to, at + CHUNK);
        chunk = word.text = copy(text, chunkStart, chunkEnd, chunk);
      }
      char unit = chunk[at - chunkStart];
      if (unit < plain.length && plain[unit] != 0 && word.isEmpty()) {
        int longest = Math.min(chunkEnd, at + NormalizedWord.LONGEST);
        at = word.start(chunk, at - chunkStart, longest - chunkStart, plain, chunkStart);
        continue;
      }
      int next = at + 1;
      int codePoint = unit;
      if (Character.isHighSurrogate(unit) && next < to) {
        char low = chunk[next - chunkStart];
        if (Character.isLowSurrogate(low)) {
          codePoint = Character.toCodePoint(unit, low);
          next++;
        }
      }
      int entry = table.entry(codePoint);
      boolean goesOn = true;
      switch (CodePointTable.classOf(entry)) {
        case CodePointTable.WORD -> append(word, codePoint, entry, at, next);
        case CodePointTable.SPACE -> goesOn = flush(word, consumer);
        case CodePointTable.DROP -> {
          // Neither ends the word nor is part of it.
        }
        case CodePointTable.PUNCTUATION -> {
          goesOn = flush(word, consumer);
          int[] replacement = replacementBuffer(word);
          int count = table.replace(codePoint, entry, replacement);
          for (int i = 0; i < count && goesOn; i++) {
            word.append(replacement[i], at, next);
            goesOn = flush(word, consumer);
          }
        }
        default -> {
          goesOn = flush(word, consumer);
          if (goesOn) {
            append(word, codePoint, entry, at, next);
            goesOn = flush(word, consumer);
          }
        }
      }
      if (!goesOn) {
        return false;
      }
      at = next;
    }
    return flush(word, consumer);
  }

  /**
   * Normalises a part of a text: white space becomes one blank for each, and blanks stand around
   * ideographs, as in Hugging Face's normaliser.
   *
   * @param normalized receives what stands for the code points from {@code from} on
   * @param atLeast how many code points of the text are read if there are so many
   * @return where the rest starts, before a code point that needs no ordering with those before it
   */
  int normalize(CharSequence text, int from, int to, int atLeast, NormalizedText normalized) {
    int[] replacement = new int[table.longestReplacement()];
    int at = from;
    for (int read = 0; at < to; read++) {
      int codePoint = Character.codePointAt(text, at);
      int next = at + Character.charCount(codePoint);
      if (next > to) {
        codePoint = text.charAt(at);
        next = to;
      }
      int entry = table.entry(codePoint);
      int count =
          CodePointTable.classOf(entry) == CodePointTable.DROP
              ? 0
              : table.replace(codePoint, entry, replacement);
      if (read >= atLeast && count > 0 && table.combiningClass(replacement[0]) == 0) {
        return at;
      }
      switch (CodePointTable.classOf(entry)) {
        case CodePointTable.SPACE -> normalized.add(' ', NormalizedText.SPACE, 0, at, next);
        case CodePointTable.DROP -> {
          // Leaves nothing.
        }
        case CodePointTable.PUNCTUATION -> {
          for (int i = 0; i < count; i++) {
            normalized.add(replacement[i], NormalizedText.PUNCTUATION, 0, at, next);
          }
        }
        case CodePointTable.WORD -> addWord(replacement, count, normalized, at, next);
        default -> {
          normalized.add(' ', NormalizedText.SPACE, 0, at, next);
          addWord(replacement, count, normalized, at, next);
          normalized.add(' ', NormalizedText.SPACE, 0, at, next);
        }
      }
      at = next;
    }
    return at;
  }

  private void addWord(int[] replacement, int count, NormalizedText normalized, int at, int next) {
    for (int i = 0; i < count; i++) {
      int combiningClass = table.combiningClass(replacement[i]);
      normalized.add(replacement[i], NormalizedText.WORD, combiningClass, at, next);
    }
  }

  private void append(NormalizedWord word, int codePoint, int entry, int start, int end) {
    if (CodePointTable.isSingle(entry)) {
      word.append(CodePointTable.single(codePoint, entry), start, end);
      return;
    }
    int[] replacement = replacementBuffer(word);
    int count = table.replace(codePoint, entry, replacement);
    for (int i = 0; i < count; i++) {
      if (table.combiningClass(replacement[i]) == 0) {
        word.append(replacement[i], start, end);
      } else {
        word.appendNonstarter(replacement[i], start, end);
      }
    }
  }

  private boolean flush(NormalizedWord word, WordConsumer consumer) {
    if (word.isEmpty()) {
      return true;
    }
    word.orderNonstarters(table);
    boolean goesOn = consumer.accept(word);
    word.clear();
    return goesOn;
  }

  private int[] replacementBuffer(NormalizedWord word) {
    if (word.replacement.length < table.longestReplacement()) {
      word.replacement = new int[table.longestReplacement()];
    }
    return word.replacement;
  }

  private static char[] copy(CharSequence source, int from, int to, char[] reuse) {
    char[] target =
        reuse.length >= to - from ? reuse : new char[Math.max(to - from, 2 * reuse.length)];
    if (source instanceof String string) {
      string.getChars(from, to, target, 0);
    } else {
      for (int i = from; i < to; i++) {
        target[i - from] = source.charAt(i);
      }
    }
    return target;
  }
}
