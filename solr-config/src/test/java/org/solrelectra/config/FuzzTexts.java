package org.solrelectra.config;

import java.util.List;
import java.util.Random;

/** Texts as they come from clients that mean well, are broken, or are hostile. */
final class FuzzTexts {
  private static final List<String> WORDS =
      List.of("good", "great", "bad", "is", "it", "any", "lost", "card", "top", "exchange", "rate");

  /** Of these no word piece is left. */
  private static final List<String> NOTHING =
      List.of(
          "", " ", "\t\n", "\u00a0", "\u200b", "\ufeff", "\ufffd", "\u0007", "\u0301", "\u2028");

  private static final List<String> ODD =
      List.of(
          "[SEP] [CLS] [MASK]",
          "\ud83d\ude00\ud83c\udff3\ufe0f\u200d\ud83c\udf08",
          "\u0130\u0131\u00df\ufb03\u1e9e",
          "\u6771\u4eac\u90fd\u3067",
          "\u202egnp.exe",
          "e\u0301\u0301\u0301\u0301",
          "{!func}1 AND (",
          "${jndi:ldap://127.0.0.1/a}",
          "<script>alert(1)</script>",
          "'; -- \\ \" %00 %s {0}",
          "1e309 NaN -0",
          "../../../etc/passwd");

  private FuzzTexts() {}

  static <T> T pick(Random random, List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  static String words(Random random, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = 1 + random.nextInt(most); i > 0; i--) {
      text.append(pick(random, WORDS)).append(i == 1 ? "" : " ");
    }
    return text.toString();
  }

  /** Returns text without a word piece. */
  static String nothing(Random random) {
    return pick(random, NOTHING) + (random.nextBoolean() ? pick(random, NOTHING) : "");
  }

  /** Returns text with at least one word piece that is not what people write. */
  static String odd(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> words(random, 3) + nothing(random) + pick(random, ODD);
      case 1 -> "x".repeat(1 + random.nextInt(20_000));
      case 2 -> words(random, 2_000);
      case 3 -> words(random, 2) + "\u0301".repeat(random.nextInt(5_000));
      default -> pick(random, ODD);
    };
  }

  static String any(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> nothing(random);
      case 1 -> odd(random);
      default -> words(random, 12);
    };
  }
}
