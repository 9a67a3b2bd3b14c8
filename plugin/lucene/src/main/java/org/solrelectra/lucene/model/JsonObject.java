package org.solrelectra.lucene.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An object of a JSON file whose keys are read with their types: a value of another type is an
 * error that names file, key and value. A file or a key that is not there is an object without
 * keys.
 */
final class JsonObject {
  private static final int DEEPEST = 100;

  /** A vocabulary of a million pieces has two million. */
  private static final int MOST_TOKENS = 3_000_000;

  private final Path file;
  private final String prefix;
  private final JsonNode json;

  private JsonObject(Path file, String prefix, JsonNode json) {
    this.file = file;
    this.prefix = prefix;
    this.json = json;
  }

  /**
   * Reads a file, if it is there.
   *
   * @param most the largest file that is read, in bytes
   * @throws InvalidModelException if it is no JSON object
   */
  static JsonObject read(Path file, int most) throws InvalidModelException {
    if (!ModelFile.isThere(file)) {
      return new JsonObject(file, "", MissingNode.getInstance());
    }
    byte[] bytes = ModelFile.read(file, most);
    JsonNode json;
    try {
      json = mapper().readTree(bytes);
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(
          file + " is not JSON: " + Excerpt.of(e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new InvalidModelException(file + " is not JSON: " + Excerpt.of(e.getMessage()), e);
    }
    if (!json.isObject()) {
      throw new InvalidModelException(
          file
              + " must hold a JSON object; "
              + (json.isMissingNode() ? "it is empty" : "value=" + Excerpt.of(json)));
    }
    return new JsonObject(file, "", json);
  }

  private static ObjectMapper mapper() {
    return new ObjectMapper(
            JsonFactory.builder()
                .streamReadConstraints(
                    StreamReadConstraints.builder()
                        .maxNestingDepth(DEEPEST)
                        .maxTokenCount(MOST_TOKENS)
                        .build())
                .build())
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }

  /** Returns the file, for messages. */
  Path file() {
    return file;
  }

  boolean isThere() {
    return !json.isMissingNode();
  }

  /** Says whether the key is there, be its value null. */
  boolean names(String key) {
    return json.has(key);
  }

  /** Says whether the key is there with a value. */
  boolean has(String key) {
    return json.hasNonNull(key);
  }

  /** Returns the keys in the order of the file. */
  List<String> keys() {
    List<String> keys = new ArrayList<>();
    json.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** Returns the value of any type; {@link MissingNode} if there is none. */
  JsonNode get(String key) {
    return json.path(key);
  }

  /** Returns the object of a key; without keys if there is none. */
  JsonObject object(String key) throws InvalidModelException {
    if (!names(key)) {
      return new JsonObject(file, prefix + key + ".", MissingNode.getInstance());
    }
    if (!json.get(key).isObject()) {
      throw wrong(key, "an object");
    }
    return new JsonObject(file, prefix + key + ".", json.get(key));
  }

  /** Returns an object that stands in a list of this one. */
  JsonObject element(String key, int index) throws InvalidModelException {
    JsonNode element = json.path(key).path(index);
    if (!element.isObject()) {
      throw wrong(key, "a list of objects");
    }
    return new JsonObject(file, prefix + key + "[" + index + "].", element);
  }

  /** Returns the text of a key; empty if there is none or it is null. */
  Optional<String> text(String key) throws InvalidModelException {
    if (has(key) && !json.get(key).isTextual()) {
      throw wrong(key, "text");
    }
    return Optional.ofNullable(json.path(key).textValue());
  }

  /** Returns the text of a key that must be there. */
  String requiredText(String key) throws InvalidModelException {
    Optional<String> text = text(key);
    if (text.isEmpty()) {
      throw new InvalidModelException(file + " lacks the key '" + prefix + key + "'");
    }
    return text.get();
  }

  /** Returns the truth value of a key; empty if there is none or it is null. */
  Optional<Boolean> flag(String key) throws InvalidModelException {
    if (!has(key)) {
      return Optional.empty();
    }
    if (!json.get(key).isBoolean()) {
      throw wrong(key, "true or false");
    }
    return Optional.of(json.get(key).booleanValue());
  }

  /** Returns the whole number of a key; empty if there is none or it is null. */
  Optional<Integer> wholeNumber(String key, int least) throws InvalidModelException {
    if (!has(key)) {
      return Optional.empty();
    }
    JsonNode value = json.get(key);
    if (!value.isIntegralNumber() || (value.canConvertToInt() && value.intValue() < least)) {
      throw wrong(key, "a whole number of at least " + least);
    }
    if (!value.canConvertToInt()) {
      throw wrong(key, "a whole number of " + least + " to " + Integer.MAX_VALUE);
    }
    return Optional.of(value.intValue());
  }

  /** Returns the error of a key's value; {@code expected} says what would be right. */
  InvalidModelException wrong(String key, String expected) {
    return new InvalidModelException(
        file
            + ": "
            + prefix
            + key
            + " must be "
            + expected
            + "; "
            + key
            + "="
            + Excerpt.of(json.path(key).isMissingNode() ? "(not given)" : json.get(key)));
  }
}
