package org.solrelectra.lucene.analysis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.solrelectra.lucene.model.TokenizerConfig;

/**
 * What BERT's normaliser and pre-tokeniser do to each code point: its class and its replacement.
 *
 * <p>Frozen tables instead of {@link Character}: Hugging Face's Rust crates mix several Unicode
 * versions, and a JDK update must not change an index. The resource is derived by {@code
 * CodePointTableMaker} of the test folder.
 *
 * <p>Immutable; threads may share it.
 */
final class CodePointTable {
  /** Left out: control characters, stripped accents, lone surrogates. */
  static final int DROP = 0;

  /** Ends a word. */
  static final int SPACE = 1;

  /** Part of a word. */
  static final int WORD = 2;

  /** A word of its own, as is every character of its replacement. */
  static final int PUNCTUATION = 3;

  /** A CJK ideograph: a word of its own. */
  static final int IDEOGRAPH = 4;

  /** The number of ASCII characters. */
  static final int ASCII = 128;

  private static final int CLASS_MASK = 7;
  private static final int SHIFT = 1 << 3;
  private static final int MULTIPLE = 2 << 3;
  private static final int HANGUL = 3 << 3;
  private static final int KIND_MASK = 3 << 3;
  private static final int NONSTARTER = 1 << 5;
  private static final int PAYLOAD_BITS = 6;

  private static final String RESOURCE = "code-points.txt";
  private static final int BLOCK_BITS = 8;
  private static final int BLOCK_MASK = (1 << BLOCK_BITS) - 1;

  private final int[] blockStarts;
  private final int[] entries;
  private final int[][] replacements;
  private final int longestReplacement;
  private final int[] nonstarters;
  private final int[] combiningClasses;

  private CodePointTable(int[] all, int[][] replacements, TreeMap<Integer, Integer> nonstarters) {
    Map<List<Integer>, Integer> known = new HashMap<>();
    int[] starts = new int[all.length >> BLOCK_BITS];
    int[] packed = new int[all.length];
    int used = 0;
    for (int block = 0; block < starts.length; block++) {
      int[] content = Arrays.copyOfRange(all, block << BLOCK_BITS, (block + 1) << BLOCK_BITS);
      List<Integer> key = Arrays.stream(content).boxed().toList();
      Integer at = known.get(key);
      if (at == null) {
        at = used;
        known.put(key, at);
        System.arraycopy(content, 0, packed, used, content.length);
        used += content.length;
      }
      starts[block] = at;
    }
    this.blockStarts = starts;
    this.entries = Arrays.copyOf(packed, used);
    this.replacements = replacements;
    this.longestReplacement =
        Math.max(
            HANGUL_LONGEST, Arrays.stream(replacements).mapToInt(r -> r.length).max().orElse(0));
    this.nonstarters = nonstarters.keySet().stream().mapToInt(Integer::intValue).toArray();
    this.combiningClasses = nonstarters.values().stream().mapToInt(Integer::intValue).toArray();
  }

  static CodePointTable of(TokenizerConfig config) {
    String variant =
        (config.doLowerCase() ? "lower" : "cased") + (config.stripAccents() ? "-stripped" : "");
    int[] all = new int[Character.MAX_CODE_POINT + 1];
    List<int[]> replacements = new ArrayList<>();
    TreeMap<Integer, Integer> nonstarters = new TreeMap<>();
    try (InputStream stream = CodePointTable.class.getResourceAsStream(RESOURCE);
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII))) {
      boolean wanted = false;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.startsWith("#")) {
          continue;
        }
        String[] fields = line.split(" ");
        if (fields[0].equals("variant")) {
          wanted = Arrays.asList(fields).subList(1, fields.length).contains(variant);
        } else if (wanted) {
          apply(fields, all, replacements, nonstarters);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!config.tokenizeChineseChars()) {
      for (int codePoint = 0; codePoint < all.length; codePoint++) {
        if ((all[codePoint] & CLASS_MASK) == IDEOGRAPH) {
          all[codePoint] = (all[codePoint] & ~CLASS_MASK) | WORD;
        }
      }
    }
    return new CodePointTable(all, replacements.toArray(int[][]::new), nonstarters);
  }

  private static void apply(
      String[] fields, int[] all, List<int[]> replacements, TreeMap<Integer, Integer> nonstarters) {
    switch (fields[0]) {
      case "class" -> Arrays.fill(all, hex(fields[2]), hex(fields[3]) + 1, classOf(fields[1]));
      case "shift" -> {
        int step = Integer.parseInt(fields[3]);
        int delta = Integer.parseInt(fields[4]);
        for (int c = hex(fields[1]); c <= hex(fields[2]); c += step) {
          all[c] |= SHIFT | (delta << PAYLOAD_BITS);
        }
      }
      case "multiple" -> {
        int[] replacement = new int[fields.length - 2];
        for (int i = 0; i < replacement.length; i++) {
          replacement[i] = hex(fields[i + 2]);
        }
        all[hex(fields[1])] |= MULTIPLE | (replacements.size() << PAYLOAD_BITS);
        replacements.add(replacement);
      }
      case "hangul" -> {
        for (int c = HANGUL_FIRST; c <= HANGUL_LAST; c++) {
          all[c] |= HANGUL;
        }
      }
      case "nonstarter" -> {
        int codePoint = hex(fields[1]);
        all[codePoint] |= NONSTARTER;
        nonstarters.put(codePoint, Integer.parseInt(fields[2]));
      }
      default -> throw new IllegalStateException(RESOURCE + ": unknown line " + fields[0]);
    }
  }

  // Hangul syllables decompose by arithmetic: The Unicode Standard, section 3.12.
  private static final int HANGUL_FIRST = 0xAC00;
  private static final int HANGUL_LAST = 0xD7A3;
  private static final int LEADING_FIRST = 0x1100;
  private static final int VOWEL_FIRST = 0x1161;
  private static final int TRAILING_BEFORE_FIRST = 0x11A7;
  private static final int VOWELS = 21;
  private static final int TRAILINGS = 28;
  private static final int HANGUL_LONGEST = 3;

  private static int hex(String field) {
    return Integer.parseInt(field, 16);
  }

  private static int classOf(String name) {
    return switch (name) {
      case "D" -> DROP;
      case "S" -> SPACE;
      case "W" -> WORD;
      case "P" -> PUNCTUATION;
      case "C" -> IDEOGRAPH;
      default -> throw new IllegalStateException(RESOURCE + ": unknown class " + name);
    };
  }

  /** Returns what is known of a code point, for the methods below. */
  int entry(int codePoint) {
    return entries[blockStarts[codePoint >> BLOCK_BITS] + (codePoint & BLOCK_MASK)];
  }

  static int classOf(int entry) {
    return entry & CLASS_MASK;
  }

  /**
   * Says whether exactly one code point stands for it, {@link #single}, and it needs no ordering.
   */
  static boolean isSingle(int entry) {
    return (entry & ((KIND_MASK & ~SHIFT) | NONSTARTER)) == 0;
  }

  /** Returns the one code point that stands for {@code codePoint}, where {@link #isSingle}. */
  static int single(int codePoint, int entry) {
    return (entry & KIND_MASK) == SHIFT ? codePoint + (entry >> PAYLOAD_BITS) : codePoint;
  }

  /** Writes what stands for a code point to {@code target} and returns how many were written. */
  int replace(int codePoint, int entry, int[] target) {
    switch (entry & KIND_MASK) {
      case MULTIPLE -> {
        int[] replacement = replacements[entry >> PAYLOAD_BITS];
        System.arraycopy(replacement, 0, target, 0, replacement.length);
        return replacement.length;
      }
      case HANGUL -> {
        int syllable = codePoint - HANGUL_FIRST;
        target[0] = LEADING_FIRST + syllable / (VOWELS * TRAILINGS);
        target[1] = VOWEL_FIRST + syllable % (VOWELS * TRAILINGS) / TRAILINGS;
        if (syllable % TRAILINGS == 0) {
          return 2;
        }
        target[2] = TRAILING_BEFORE_FIRST + syllable % TRAILINGS;
        return 3;
      }
      default -> {
        target[0] = single(codePoint, entry);
        return 1;
      }
    }
  }

  /** Returns the canonical combining class of a normalised code point; 0 for a starter. */
  int combiningClass(int codePoint) {
    int at = Arrays.binarySearch(nonstarters, codePoint);
    return at < 0 ? 0 : combiningClasses[at];
  }

  /** Returns what stands for each ASCII character that is part of a word; 0 for the others. */
  char[] plain() {
    char[] plain = new char[ASCII];
    for (char c = 0; c < ASCII; c++) {
      int entry = entry(c);
      if (classOf(entry) == WORD) {
        plain[c] = (char) single(c, entry);
      }
    }
    return plain;
  }

  /** Returns the longest replacement's length, in code points. */
  int longestReplacement() {
    return longestReplacement;
  }
}
