package org.solrelectra.training.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NumberTextTest {
  @Test
  void numbersAreAsPeopleReadThem() {
    assertEquals("12,345", NumberText.count(12_345));
    assertEquals("0.0005", NumberText.significant(5e-4, 6));
    assertEquals("1e-12", NumberText.significant(1e-12, 6));
    assertEquals("-2.5e-7", NumberText.significant(-2.5e-7, 6));
    assertEquals("9.123", NumberText.significant(9.12345, 4));
    assertEquals("65540000", NumberText.significant(65_536_000, 4));
    assertEquals("0", NumberText.significant(0, 4));
    assertEquals("NaN", NumberText.significant(Double.NaN, 4));
    assertEquals("59.4 s", NumberText.duration(59.44));
    assertEquals("1 min 00 s", NumberText.duration(59.6));
    assertEquals("3 h 05 min", NumberText.duration(3 * 3600 + 5 * 60 + 59));
    assertEquals("850 MB", NumberText.bytes(850e6));
    assertEquals("1.85 GB", NumberText.bytes(1.85e9));
  }
}
