package org.solrelectra.training.message;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExcerptTest {
  @Test
  void whatIsShortIsShownWhole() {
    assertEquals("a".repeat(200), Excerpt.of("a".repeat(200)));
    assertEquals("[a, b]", Excerpt.of(List.of("a", "b")));
    assertEquals("null", Excerpt.of((Object) null));
  }

  @Test
  void whatIsLongIsShownInPart() {
    assertEquals("a".repeat(200) + "… (201 characters)", Excerpt.of("a".repeat(201)));
  }

  @Test
  void aCharacterIsNotCutInHalf() {
    assertEquals(
        "a".repeat(199) + "… (202 characters)", Excerpt.of("a".repeat(199) + "\ud83d\ude00b"));
  }
}
