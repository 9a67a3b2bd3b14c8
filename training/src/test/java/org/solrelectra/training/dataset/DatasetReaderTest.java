package org.solrelectra.training.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatasetReaderTest {
  private static final List<LabeledText> TEXTS =
      List.of(new LabeledText("one \u2028 line", null, "a"), new LabeledText("two", null, "b"));

  @TempDir private Path folder;

  @Test
  void linesOfJsonAreRead() throws IOException {
    String jsonl =
        "{\"text\":\"one \u2028 line\",\"label\":\"a\",\"more\":[1]}\n\n"
            + "{\"label\":\"b\",\"text\":\"two\"}\r\n";
    assertEquals(TEXTS, DatasetReader.texts(write("texts.jsonl", jsonl)));
    Path compressed = folder.resolve("texts.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(compressed))) {
      out.write(jsonl.getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(TEXTS, DatasetReader.texts(compressed));
  }

  @Test
  void tablesAreRead() throws IOException {
    String table = "label\tnumber\ttext\na\t1\tone \u2028 line\nb\t2\ttwo\n";
    assertEquals(TEXTS, DatasetReader.texts(write("texts.tsv", table)));
  }

  @Test
  void aTextMayHaveAPair() throws IOException {
    LabeledText expected = new LabeledText("who?", "they did", "yes");
    assertEquals(
        List.of(expected),
        DatasetReader.texts(write("a.tsv", "text\tpair\tlabel\nwho?\tthey did\tyes\n")));
    assertEquals(
        List.of(expected, new LabeledText("two", null, "b")),
        DatasetReader.texts(
            write(
                "a.jsonl",
                "{\"text\":\"who?\",\"pair\":\"they did\",\"label\":\"yes\"}\n"
                    + "{\"text\":\"two\",\"pair\":null,\"label\":\"b\"}\n")));
  }

  @Test
  void aByteOrderMarkIsPassedOver() throws IOException {
    assertEquals(
        TEXTS.get(1), DatasetReader.texts(write("a.tsv", "\ufefflabel\ttext\nb\ttwo\n")).get(0));
    assertEquals(
        TEXTS.get(1),
        DatasetReader.texts(write("a.jsonl", "\ufeff{\"text\":\"two\",\"label\":\"b\"}\n")).get(0));
    assertTrue(DatasetReader.holdsPairs(write("b.tsv", "\ufeffpassage\tquery\tlabel\np\tq\t1\n")));
  }

  @Test
  void pairsHaveGrades() throws IOException {
    List<LabeledPair> expected =
        List.of(new LabeledPair("q", "p", 1), new LabeledPair("q", "r", -1));
    Path jsonl =
        write(
            "pairs.jsonl",
            "{\"query\":\"q\",\"passage\":\"p\",\"label\":1}\n"
                + "{\"query\":\"q\",\"passage\":\"r\",\"label\":\"-1\"}\n");
    Path tsv = write("pairs.tsv", "query\tpassage\tlabel\nq\tp\t1\nq\tr\t-1\n");
    for (Path file : List.of(jsonl, tsv)) {
      assertEquals(expected, DatasetReader.pairs(file));
      assertTrue(DatasetReader.holdsPairs(file));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'text':'a'} | lacks the key 'label'",
        "{'text':null,'label':'x'} | lacks the key 'text'",
        "{'text':'a','label':''} | has an empty 'label'",
        "{'text':' ','label':'x'} | has an empty 'text'",
        "{'text':['a'],'label':'x'} | lacks the key 'text'",
        "'x' | lacks the key 'text'",
      })
  void linesWithoutAKeyAreNamed(String line, String message) throws IOException {
    Path file = withSecondLine(line);
    assertEquals(file + " line 2 " + message, error(() -> DatasetReader.texts(file)));
  }

  @Test
  void twoObjectsOnALineAreAnError() throws IOException {
    Path file = withSecondLine("{'text':'a','label':'x'} {'text':'b','label':'x'}");
    String message = error(() -> DatasetReader.texts(file));
    assertTrue(message.startsWith(file + " line 2 is not JSON: Trailing token "), message);
  }

  private Path withSecondLine(String line) throws IOException {
    return write(
        "texts.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n" + line.replace('\'', '"') + "\n");
  }

  @Test
  void whatIsNotJsonIsNamed() throws IOException {
    Path file = write("texts.jsonl", "\n\n{\"text\":\"a\"\n");
    assertTrue(
        error(() -> DatasetReader.texts(file)).startsWith(file + " line 3 is not JSON: "),
        "message");
  }

  @Test
  void tablesThatLackAColumnAreNamed() throws IOException {
    Path header = write("header.tsv", "text\tlable\na\tx\n");
    String message = error(() -> DatasetReader.texts(header));
    assertTrue(
        message.startsWith(header + " line 2: the header has no column 'label'; columns: ["),
        message);
    Path row = write("row.tsv", "text\tlabel\na\tx\nb\n");
    assertEquals(
        row + " line 3 has too few columns; expected 2; columns=1",
        error(() -> DatasetReader.texts(row)));
  }

  @Test
  void gradesAreWholeNumbers() throws IOException {
    Path file = write("pairs.tsv", "query\tpassage\tlabel\nq\tp\trelevant\n");
    assertEquals(
        file
            + " line 2: the label of a pair must be a whole number, 1 for relevant;"
            + " label='relevant'",
        error(() -> DatasetReader.pairs(file)));
  }

  @Test
  void emptyFilesAreErrors() throws IOException {
    Path jsonl = write("empty.jsonl", "\n");
    assertEquals(jsonl + " holds no example", error(() -> DatasetReader.texts(jsonl)));
    Path table = write("empty.tsv", "");
    assertEquals(table + " is empty", error(() -> DatasetReader.texts(table)));
    assertEquals(table + " is empty", error(() -> DatasetReader.holdsPairs(table)));
    Path header = write("header.tsv", "text\tlabel\n");
    assertEquals(header + " holds no example", error(() -> DatasetReader.texts(header)));
  }

  private interface Reading {
    Object read() throws IOException;
  }

  private static String error(Reading reading) {
    return assertThrows(InvalidDatasetException.class, reading::read).getMessage();
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }
}
