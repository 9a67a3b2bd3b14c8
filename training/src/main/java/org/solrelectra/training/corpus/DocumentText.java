package org.solrelectra.training.corpus;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import org.solrelectra.training.random.KeyedRandom;

/**
 * A document's text as UTF-8, a line end between two lines. Is meant to be used again; not for
 * several threads at once.
 */
final class DocumentText {
  private byte[] utf8 = new byte[1 << 16];
  private byte[] normalized = new byte[1 << 16];
  private int length;

  /** Replaces what was here. */
  void set(List<String> lines) {
    length = 0;
    for (String line : lines) {
      // Line by line: a whole document is rarely ASCII, most lines are, and those are only copied.
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      if (length + bytes.length + 1 > utf8.length) {
        utf8 = Arrays.copyOf(utf8, 2 * (length + bytes.length + 1));
      }
      if (length > 0) {
        utf8[length++] = '\n';
      }
      System.arraycopy(bytes, 0, utf8, length, bytes.length);
      length += bytes.length;
    }
  }

  int bytes() {
    return length;
  }

  /** Returns the number of code points. */
  int characters() {
    int characters = 0;
    for (int i = 0; i < length; i++) {
      // All but the bytes that continue a character.
      if (utf8[i] >= -0x40) {
        characters++;
      }
    }
    return characters;
  }

  /** Returns {@link KeyedRandom#place(String)} of the text. */
  double place() {
    return KeyedRandom.place(utf8, length);
  }

  /** Adds the text to a digest, a run of white space as one space and none at the ends. */
  void digestNormalized(MessageDigest digest) {
    if (normalized.length < length) {
      normalized = new byte[utf8.length];
    }
    int to = 0;
    boolean space = true;
    for (int i = 0; i < length; i++) {
      byte b = utf8[i];
      boolean white = b == ' ' || (b >= '\t' && b <= '\r');
      if (!(white && space)) {
        normalized[to++] = white ? (byte) ' ' : b;
      }
      space = white;
    }
    digest.update(normalized, 0, to > 0 && space ? to - 1 : to);
  }
}
