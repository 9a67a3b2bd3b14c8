package org.solrelectra.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes documents for a chain that labels {@code title} and {@code text}. */
final class DocumentFuzzer {
  /** The id of child documents. */
  static final String CHILD = "child";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final List<String> INPUTS = List.of("title", "text");

  private DocumentFuzzer() {}

  /** What the label fields of an accepted document must hold. */
  enum Expected {
    LABEL,
    NO_LABEL,
    /** Solr decides what text a number or a truth value is. */
    EITHER;

    /** Returns what is expected of a document with one field more. */
    Expected with(Expected field) {
      if (this == LABEL || field == LABEL) {
        return LABEL;
      }
      return this == EITHER ? EITHER : field;
    }
  }

  /** A document, what must become of it, and what is odd about it. */
  record FuzzedDocument(String id, ObjectNode json, Expected expected, List<String> kinds) {}

  static FuzzedDocument document(Random random, String id) {
    ObjectNode document = JSON.objectNode();
    if (random.nextInt(50) == 0) {
      document.put("id", Long.parseLong(id));
    } else {
      document.put("id", id);
    }
    List<String> kinds = new ArrayList<>();
    Expected expected = Expected.NO_LABEL;
    boolean isAtomic = random.nextInt(10) == 0;
    for (String input : INPUTS) {
      if (!isAtomic && random.nextInt(4) == 0) {
        continue;
      }
      Expected ofField = Expected.NO_LABEL;
      JsonNode value;
      switch (random.nextInt(12)) {
        case 0 -> {
          value = JSON.textNode(FuzzTexts.nothing(random));
          kinds.add("text of no word piece");
        }
        case 1 -> {
          value = JSON.textNode(FuzzTexts.odd(random));
          ofField = Expected.LABEL;
          kinds.add("odd text");
        }
        case 2 -> {
          value =
              random.nextBoolean() ? JSON.numberNode(random.nextLong()) : JSON.booleanNode(true);
          ofField = Expected.EITHER;
          kinds.add("a number or a truth value");
        }
        case 3 -> {
          value = JSON.nullNode();
          kinds.add("null");
        }
        case 4 -> {
          value = object(random);
          kinds.add("an object or a child document");
        }
        case 5 -> {
          ArrayNode values = JSON.arrayNode();
          for (int i = random.nextInt(4); i > 0; i--) {
            values.add(object(random));
          }
          value = values;
          kinds.add("a list of objects");
        }
        case 6 -> {
          int count = input.equals("text") ? random.nextInt(3_000) : random.nextInt(3);
          ArrayNode values = JSON.arrayNode();
          for (int i = 0; i < count; i++) {
            values.add(FuzzTexts.words(random, 3));
          }
          value = values;
          ofField = count == 0 ? Expected.NO_LABEL : Expected.LABEL;
          kinds.add("a list of texts");
        }
        default -> {
          value = JSON.textNode(FuzzTexts.words(random, 12));
          ofField = Expected.LABEL;
        }
      }
      if (isAtomic) {
        String operation =
            FuzzTexts.pick(random, List.of("set", "set", "set", "add", "remove", "inc", "x"));
        value = JSON.objectNode().set(operation, value);
        kinds.add("an atomic update");
        ofField = ofField == Expected.NO_LABEL ? Expected.NO_LABEL : Expected.EITHER;
      }
      document.set(input, value);
      expected = expected.with(ofField);
    }
    odds(random, document, kinds);
    if (kinds.isEmpty()) {
      kinds.add("nothing odd");
    }
    return new FuzzedDocument(id, document, expected, kinds);
  }

  private static JsonNode object(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> JSON.objectNode();
      case 1 -> JSON.objectNode().put("id", CHILD).put("text", FuzzTexts.words(random, 3));
      case 2 -> JSON.objectNode().put("text", FuzzTexts.words(random, 3));
      default -> JSON.objectNode().set("x", JSON.objectNode().put("y", 1));
    };
  }

  private static void odds(Random random, ObjectNode document, List<String> kinds) {
    switch (random.nextInt(12)) {
      case 0 -> {
        document.put("label", "old").put("confidence", 1).put("version", "0");
        kinds.add("labels sent back");
      }
      case 1 -> {
        document.set("label", JSON.objectNode());
        kinds.add("a label that is an object");
      }
      case 2 -> {
        document.put("nowhere", 1);
        kinds.add("an unknown field");
      }
      case 3 -> {
        document.set("_childDocuments_", JSON.arrayNode().add(object(random)));
        kinds.add("child documents");
      }
      case 4 -> {
        document.remove("id");
        kinds.add("no id");
      }
      default -> {
        // Most documents have nothing more.
      }
    }
  }
}
