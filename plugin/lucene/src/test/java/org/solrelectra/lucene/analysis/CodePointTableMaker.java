package org.solrelectra.lucene.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * Derives the main folder's {@code code-points.txt} from the golden {@code codepoints.json.gz}.
 * Arguments: the golden file, the file to write. {@code CodePointTableTest} checks that the two
 * agree.
 */
final class CodePointTableMaker {
  private CodePointTableMaker() {}

  public static void main(String[] arguments) throws IOException {
    Files.writeString(
        Path.of(arguments[1]), table(Path.of(arguments[0])), StandardCharsets.US_ASCII);
  }

  static String table(Path golden) throws IOException {
    JsonNode variants;
    try (InputStream stream = new GZIPInputStream(Files.newInputStream(golden))) {
      variants = new ObjectMapper().readTree(stream).get("variants");
    }
    Map<String, String> names = new LinkedHashMap<>();
    names.put("lower-stripped", "uncased");
    names.put("lower", "uncased_keep_accents");
    names.put("cased-stripped", "cased_strip_accents");
    names.put("cased", "cased");
    // Equal parts of several variants are written once.
    Map<String, StringBuilder> variantsOfPart = new LinkedHashMap<>();
    names.forEach(
        (ours, theirs) -> {
          for (String part : parts(variants.get(theirs))) {
            if (!part.isEmpty()) {
              variantsOfPart
                  .computeIfAbsent(part, p -> new StringBuilder())
                  .append(' ')
                  .append(ours);
            }
          }
        });
    StringBuilder out =
        new StringBuilder(
            """
            # What BERT's normaliser and pre-tokeniser do to each code point; numbers of code points are hexadecimal.
            # class NAME FIRST LAST: D dropped, S space, W word, P punctuation, C ideograph
            # shift FIRST LAST STEP DELTA: every STEP-th code point is replaced by itself + DELTA
            # multiple CODE_POINT REPLACEMENT...; hangul: syllables decompose by arithmetic
            # nonstarter CODE_POINT COMBINING_CLASS
            """);
    variantsOfPart.forEach(
        (part, of) -> out.append("variant").append(of).append('\n').append(part));
    return out.toString();
  }

  private static String[] parts(JsonNode variant) {
    StringBuilder classes = new StringBuilder();
    for (JsonNode run : variant.get("runs")) {
      String name = run.get(2).asText().equals("X") ? "D" : run.get(2).asText();
      line(classes, "class " + name, hex(run.get(0)), hex(run.get(1)));
    }
    StringBuilder shifts = new StringBuilder();
    for (JsonNode shift : variant.get("shifts")) {
      line(
          shifts,
          "shift",
          hex(shift.get(0)),
          hex(shift.get(1)),
          shift.get(2).asText(),
          shift.get(3).asText());
    }
    StringBuilder rest = new StringBuilder();
    for (JsonNode multiple : variant.get("multi")) {
      String[] fields = new String[multiple.size()];
      for (int i = 0; i < fields.length; i++) {
        fields[i] = hex(multiple.get(i));
      }
      line(rest, "multiple", fields);
    }
    if (variant.get("hangul_decomposed").asBoolean()) {
      line(rest, "hangul");
    }
    for (JsonNode nonstarter : variant.get("nonstarters")) {
      line(rest, "nonstarter", hex(nonstarter.get(0)), nonstarter.get(1).asText());
    }
    return new String[] {classes.toString(), shifts.toString(), rest.toString()};
  }

  private static void line(StringBuilder out, String name, String... fields) {
    out.append(name);
    for (String field : fields) {
      out.append(' ').append(field);
    }
    out.append('\n');
  }

  private static String hex(JsonNode codePoint) {
    return Integer.toHexString(codePoint.asInt()).toUpperCase(java.util.Locale.ROOT);
  }
}
