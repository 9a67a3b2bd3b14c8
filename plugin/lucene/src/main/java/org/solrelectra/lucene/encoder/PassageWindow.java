package org.solrelectra.lucene.encoder;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of a passage that is too long for one sequence.
 *
 * @param start its first token in the passage
 * @param length its number of tokens
 */
public record PassageWindow(int start, int length) {

  /**
   * Covers a passage with windows, as Hugging Face's {@code stride} does.
   *
   * @param passage tokens of the passage
   * @param room tokens a window may hold
   * @param stride tokens that neighbouring windows share, below {@code room}
   * @return at least one window; the last is the first that reaches the end
   */
  public static List<PassageWindow> cover(int passage, int room, int stride) {
    if (room < 1 || stride < 0 || stride >= room) {
      throw new IllegalArgumentException(
          "stride must be in 0..room - 1; room=" + room + ", stride=" + stride);
    }
    List<PassageWindow> windows = new ArrayList<>();
    int start = 0;
    while (start + room < passage) {
      windows.add(new PassageWindow(start, room));
      start += room - stride;
    }
    windows.add(new PassageWindow(start, passage - start));
    return windows;
  }
}
