package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** JSONL, and which input is read as what. */
class DocumentSourcesTest {
  @TempDir private Path folder;

  private static final String OBJECTS =
      """
      {"title": "one", "text": "a\\nb\\n\\nc", "year": 1999}

      {"text": ["d", " ", "e"], "title": null}
      {"title": "lonely"}
      {"text": " \\n"}
      """;

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static DocumentSources open(List<String> fields, Object... inputs) throws IOException {
    List<String> names = new ArrayList<>();
    for (Object input : inputs) {
      names.add(input.toString());
    }
    return DocumentSources.of(names, fields, null, null);
  }

  @Test
  void aJsonObjectIsADocument() throws IOException {
    RecordingConsumer read = new RecordingConsumer();
    open(List.of("text"), write("a.jsonl", OBJECTS)).forEachDocument(read);
    assertEquals(List.of(List.of("a", "b", "c"), List.of("d", "e")), read.documents);
    assertEquals(2, read.passedOver, "one lacks the field, one has only white space");
  }

  @Test
  void fieldsAreJoinedInTheOrderAskedFor() throws IOException {
    RecordingConsumer read = new RecordingConsumer();
    open(List.of("title", "text"), write("a.ndjson", OBJECTS)).forEachDocument(read);
    assertEquals(
        List.of(List.of("one", "a", "b", "c"), List.of("d", "e"), List.of("lonely")),
        read.documents);
    assertEquals(1, read.passedOver);
  }

  @Test
  void inputsAreReadInTheirOrderCompressedOrNot() throws IOException {
    Path text = write("t.txt", "x\n\ny\n");
    Path gzip = folder.resolve("a.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
      out.write(OBJECTS.getBytes(StandardCharsets.UTF_8));
    }
    Path xz = folder.resolve("b.json.xz");
    try (OutputStream out = new XZOutputStream(Files.newOutputStream(xz), new LZMA2Options(0))) {
      out.write("{\"text\": \"z\"}".getBytes(StandardCharsets.UTF_8));
    }
    RecordingConsumer read = new RecordingConsumer();
    open(null, gzip, text, xz).forEachDocument(read);
    assertEquals(
        List.of(
            List.of("a", "b", "c"), List.of("d", "e"), List.of("x"), List.of("y"), List.of("z")),
        read.documents);
  }

  @Test
  void readingGoesOnFromEveryPlace() throws IOException {
    DocumentSources sources =
        open(
            null,
            write("t.txt", "x\n\ny\nY\n"),
            write("empty.txt", ""),
            write("a.jsonl", OBJECTS),
            write("u.txt", "v\n"));
    RecordingConsumer whole = new RecordingConsumer();
    sources.forEachDocument(whole);
    assertEquals(5, whole.documents.size());
    assertEquals(7, whole.places.size());
    for (RecordingConsumer.Place place : whole.places) {
      RecordingConsumer rest = new RecordingConsumer();
      sources.forEachDocument(place.name(), rest);
      assertEquals(
          whole.documents.subList(place.documents(), 5), rest.documents, "from " + place.name());
      assertEquals(whole.passedOver - place.passedOver(), rest.passedOver);
    }
  }

  @Test
  void aHugeTextComesInParts() throws IOException {
    String lines = ("a".repeat(999) + "\\n").repeat(2_500);
    RecordingConsumer read = new RecordingConsumer();
    open(null, write("a.jsonl", "{\"text\": \"" + lines + "\"}")).forEachDocument(read);
    assertEquals(List.of(1002, 1002, 496), read.documents.stream().map(List::size).toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '~',
      value = {
        "{\"text\": \"a\" # is not JSON: Unexpected end-of-input: expected close marker for Object"
            + " (start marker at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION`"
            + " disabled); line: 1, column: 1])",
        "{} {} # is not JSON: Trailing token (of type START_OBJECT) found after value (bound as"
            + " `com.fasterxml.jackson.databind.JsonNode`): not allowed as per"
            + " `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`",
        "[\"a\"] # is not a JSON object; found array",
        "{\"text\": 3} #: field 'text' must be a string or an array of strings; found number",
        "{\"text\": [\"a\", {}]} #: field 'text' must be a string or an array of strings; found object",
      })
  void aBadLineIsNamed(String line, String message) throws IOException {
    Path file = write("a.jsonl", "{\"text\": \"fine\"}\n" + line + "\n");
    String separator = message.startsWith(":") ? "" : " ";
    assertEquals(
        file + " line 2" + separator + message,
        assertThrows(
                InvalidCorpusException.class,
                () -> open(null, file).forEachDocument(new RecordingConsumer()))
            .getMessage());
  }

  @Test
  void aFieldThatNoDocumentHasIsAnErrorThatListsThoseSeen() throws IOException {
    Path file = write("a.jsonl", OBJECTS);
    assertEquals(
        "no document has text in [body]; fields seen: [text, title, year]; files: [" + file + "]",
        assertThrows(
                InvalidCorpusException.class,
                () -> open(List.of("body"), file).forEachDocument(new RecordingConsumer()))
            .getMessage());
  }

  @Test
  void whatCannotBeReadIsNamed() throws IOException {
    Path missing = folder.resolve("missing.jsonl");
    assertEquals(
        missing + " is not a file; expected JSONL, .gz or .xz",
        assertThrows(InvalidCorpusException.class, () -> open(null, missing)).getMessage());
    assertEquals(
        folder + " is not a Lucene index; expected a folder with a file segments_N",
        assertThrows(InvalidCorpusException.class, () -> open(null, folder)).getMessage());
    Path json = write("a.jsonl", OBJECTS);
    assertEquals(
        json + " is JSONL; expected plain text; electra corpus makes shards of it",
        assertThrows(InvalidCorpusException.class, () -> new CorpusReader(List.of(json)))
            .getMessage());
  }

  @Test
  void optionsWithoutUseAreRefused() throws IOException {
    Path text = write("t.txt", "x\n");
    assertEquals(
        "plain text has no fields; a field is for JSONL, Lucene and Solr; fields=[body]",
        assertThrows(IllegalArgumentException.class, () -> open(List.of("body"), text))
            .getMessage());
    assertEquals(
        "what to ask of Solr was said, but no input is a Solr; inputs=[" + text + "]",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    DocumentSources.of(List.of(text.toString()), null, SolrQuerySettings.ALL, null))
            .getMessage());
  }

  @Test
  void theDescriptionChangesWithTheInput() throws IOException {
    Path text = write("t.txt", "x\n");
    String before = open(null, text).description();
    assertTrue(before.startsWith("text [" + text + " (2 bytes of "), before);
    write("t.txt", "xy\n");
    assertTrue(open(null, text).description().startsWith("text [" + text + " (3 bytes of "));
  }
}
