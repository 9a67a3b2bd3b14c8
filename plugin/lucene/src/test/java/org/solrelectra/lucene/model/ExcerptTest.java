package org.solrelectra.lucene.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ExcerptTest {
  @Test
  void aValueIsShownInTwoHundredCharactersAtMost() {
    String whole = "a".repeat(200);
    assertEquals(whole, Excerpt.of(whole));
    assertEquals("a".repeat(199) + "\u2026", Excerpt.of(whole + "b"));
    assertEquals(
        "a".repeat(198) + "\u2026", Excerpt.of("a".repeat(198) + "\ud83d\ude00\ud83d\ude00"));
  }

  @Test
  void controlCharactersAreEscaped() {
    assertEquals("a\\u000ab\\u001b[1m\\u2028", Excerpt.of("a\nb\u001b[1m\u2028"));
    assertEquals("null", Excerpt.of(null));
  }
}
