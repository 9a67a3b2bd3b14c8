package org.solrelectra.training.dataset;

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
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.training.SmallCorpus;

class DatasetReaderTest {
  private static final List<LabeledText> TEXTS =
      List.of(new LabeledText("one \u2028 line", null, "a"), new LabeledText("two", null, "b"));

  private final List<String> warnings = new ArrayList<>();
  private final DatasetReader reader;
  @TempDir private Path folder;

  DatasetReaderTest() throws IOException {
    WordPieceEncoder encoder =
        new WordPieceEncoder(SmallCorpus.vocabulary(), TokenizerConfig.bert(true, 128));
    reader = new DatasetReader(encoder::hasPieces, warnings::add);
  }

  @Test
  void linesOfJsonAreRead() throws IOException {
    String jsonl =
        "{\"text\":\"one \u2028 line\",\"label\":\"a\",\"more\":[1]}\n\n"
            + "{\"label\":\"b\",\"text\":\"two\"}\r\n";
    assertEquals(TEXTS, reader.read(write("texts.jsonl", jsonl), LabeledText::of));
    Path compressed = folder.resolve("texts.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(compressed))) {
      out.write(jsonl.getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(TEXTS, reader.read(compressed, LabeledText::of));
  }

  @Test
  void tablesAreRead() throws IOException {
    String table = "label\tnumber\ttext\na\t1\tone \u2028 line\nb\t2\ttwo\n";
    assertEquals(TEXTS, reader.read(write("texts.tsv", table), LabeledText::of));
  }

  @Test
  void aTextMayHaveAPair() throws IOException {
    LabeledText expected = new LabeledText("who?", "they did", "yes");
    assertEquals(
        List.of(expected),
        reader.read(write("a.tsv", "text\tpair\tlabel\nwho?\tthey did\tyes\n"), LabeledText::of));
    assertEquals(
        List.of(expected, new LabeledText("two", null, "b")),
        reader.read(
            write(
                "a.jsonl",
                "{\"text\":\"who?\",\"pair\":\"they did\",\"label\":\"yes\"}\n"
                    + "{\"text\":\"two\",\"pair\":null,\"label\":\"b\"}\n"),
            LabeledText::of));
  }

  @Test
  void aByteOrderMarkIsPassedOver() throws IOException {
    assertEquals(
        TEXTS.get(1),
        reader.read(write("a.tsv", "\ufefflabel\ttext\nb\ttwo\n"), LabeledText::of).get(0));
    assertEquals(
        TEXTS.get(1),
        reader
            .read(write("a.jsonl", "\ufeff{\"text\":\"two\",\"label\":\"b\"}\n"), LabeledText::of)
            .get(0));
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
      assertEquals(expected, reader.read(file, LabeledPair::of));
      assertTrue(DatasetReader.holdsPairs(file));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'text':'a'} | lacks the key 'label'",
        "{'text':'a','label':''} | has an empty 'label'",
        "{'text':'a','label':'\u00a0'} | has an empty 'label'",
        "{'text':' ','label':'x'} | has an empty 'text'",
        "{'text':'\u00a0\u2003','label':'x'} | has an empty 'text'",
        "{'text':'a','pair':'','label':'x'} | has an empty 'pair'",
        "'x' | must be a JSON object; found ~x~",
        "[1] | must be a JSON object; found [1]",
        "{'text':'a','text':'b','label':'x'} | is not JSON: Duplicate field 'text'",
      })
  void linesWithoutAKeyAreNamed(String line, String message) throws IOException {
    Path file = withSecondLine(line);
    assertEquals(
        file + " line 2 " + message.replace('~', '"'),
        error(() -> reader.read(file, LabeledText::of)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'text':'a','label':['x']} | 'label' must be one label: several are for another task; label=['x']",
        "{'text':'a','label':[]} | 'label' must be one label: several are for another task; label=[]",
        "{'text':'a','label':{'x':1}} | 'label' must be a string or a number; label={'x':1}",
        "{'text':'a','label':null} | 'label' must be a string or a number; label=null",
        "{'text':null,'label':'x'} | 'text' must be a string; text=null",
        "{'text':['a'],'label':'x'} | 'text' must be a string; text=['a']",
        "{'text':5,'label':'x'} | 'text' must be a string; text=5",
        "{'text':'a','pair':true,'label':'x'} | 'pair' must be a string; pair=true",
      })
  void valuesOfTheWrongTypeAreShown(String line, String message) throws IOException {
    Path file = withSecondLine(line);
    String value = message.substring(message.indexOf(';')).replace('\'', '"');
    assertEquals(
        file + " line 2: " + message.substring(0, message.indexOf(';')) + value,
        error(() -> reader.read(file, LabeledText::of)));
  }

  /** What the tokenizer drops: U+FFFD, an accent that stands alone, and what has no width. */
  @Test
  void aTextWithoutAWordPieceIsAnError() throws IOException {
    Path invisible = write("texts.tsv", "text\tlabel\na\tb\n\u200b\ufeff\u0001\tb\n");
    assertEquals(
        invisible
            + " line 3: 'text' has no word piece; expected something that the tokenizer keeps;"
            + " code points: U+200B U+FEFF U+0001",
        error(() -> reader.read(invisible, LabeledText::of)));
    String table = "query\tpassage\tlabel\na\tb\t1\na\t\ufffd\u0301\t0\n";
    Path pairs = write("pairs.tsv", table);
    assertEquals(
        pairs
            + " line 3: 'passage' has no word piece; expected something that the tokenizer keeps;"
            + " code points: U+FFFD U+0301",
        error(() -> reader.read(pairs, LabeledPair::of)));
  }

  @Test
  void blanksAroundLabelsAreRemovedWithAWarning() throws IOException {
    Path file = write("a.tsv", "text\tlabel\none\ta\ntwo\ta \nthree\t b\nfour\tb\nfive\t\u00a0b\n");
    assertEquals(
        List.of("a", "a", "b", "b", "b"),
        reader.read(file, LabeledText::of).stream().map(LabeledText::label).toList());
    assertEquals(
        List.of(
            file
                + ": blanks around labels were removed; labels with blanks: 3, the first in line 3:"
                + " 'a '"),
        warnings);
    Path grades = write("b.tsv", "query\tpassage\tlabel\na\tb\t1 \n");
    assertEquals(1, reader.read(grades, LabeledPair::of).get(0).grade());
  }

  @Test
  void labelsOfAnArrayAreASet() throws IOException {
    Path file =
        write("sets.jsonl", "{\"label\":[\"b \",\"a\",7]}\n{\"label\":[]}\n{\"label\":[\"a\"]}\n");
    assertEquals(
        List.of(List.of("b", "a", "7"), List.of(), List.of("a")),
        reader.read(file, row -> List.copyOf(row.labels())));
    assertEquals(
        List.of(
            file
                + ": blanks around labels were removed; labels with blanks: 1, the first in line 1:"
                + " 'b '"),
        warnings);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'text':'a'} | lacks the key 'label'",
        "{'label':'x'} | 'label' must be an array of labels, which may be empty; label='x'",
        "{'label':null} | 'label' must be an array of labels, which may be empty; label=null",
        "{'label':{'x':1}} | 'label' must be an array of labels, which may be empty; label={'x':1}",
        "{'label':['x',null]} | 'label' must be an array of labels, which may be empty; label=['x',null]",
        "{'label':[['x']]} | 'label' must be an array of labels, which may be empty; label=[['x']]",
        "{'label':['x',' ']} | has an empty 'label'",
        "{'label':['x','y','x ']} | names the label ~x~ twice",
      })
  void arraysThatAreNoLabelsAreNamed(String line, String message) throws IOException {
    Path file = write("sets.jsonl", "{\"label\":[]}\n" + line.replace('\'', '"') + "\n");
    String end = message.replace('\'', '"').replace("\"label\" must", "'label' must");
    String expected =
        file
            + " line 2"
            + (message.startsWith("'") ? ": " : " ")
            + end.replace("key \"label\"", "key 'label'")
                .replace("empty \"label\"", "empty 'label'")
                .replace('~', '\'');
    assertEquals(expected, error(() -> reader.read(file, ExampleRow::labels)));
  }

  @Test
  void setsOfLabelsAreNotReadFromTables() throws IOException {
    Path file = write("sets.tsv", "text\tlabel\na\tx, y\n");
    assertEquals(
        file + " line 2: examples with any number of labels must be JSONL; label='x, y'",
        error(() -> reader.read(file, ExampleRow::labels)));
  }

  @Test
  void aTabWithinATextIsAnError() throws IOException {
    Path file = write("a.tsv", "text\tlabel\none\ta\nseen\ttwo days ago\tb\n");
    assertEquals(
        file + " line 3 has too many columns: a text may hold no tab; expected 2; columns=3",
        error(() -> reader.read(file, LabeledText::of)));
  }

  @Test
  void aHeaderHasEachColumnOnce() throws IOException {
    Path file = write("a.tsv", "text\tlabel\ttext\none\ta\ttwo\n");
    assertEquals(
        file + " line 1: the header has two columns 'text'",
        error(() -> reader.read(file, LabeledText::of)));
  }

  @Test
  void aMessageShowsTheStartOfALongValue() throws IOException {
    String label = "x".repeat(1_000_000);
    Path file = write("a.tsv", "query\tpassage\tlabel\na\tb\t" + label + "\n");
    assertEquals(
        file
            + " line 2: the label of a pair must be a whole number, 1 for relevant; label='"
            + "x".repeat(199)
            + "…'",
        error(() -> reader.read(file, LabeledPair::of)));
  }

  @Test
  void twoObjectsOnALineAreAnError() throws IOException {
    Path file = withSecondLine("{'text':'a','label':'x'} {'text':'b','label':'x'}");
    String message = error(() -> reader.read(file, LabeledText::of));
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
        error(() -> reader.read(file, LabeledText::of)).startsWith(file + " line 3 is not JSON: "),
        "message");
  }

  @Test
  void tablesThatLackAColumnAreNamed() throws IOException {
    Path header = write("header.tsv", "text\tlable\na\tx\n");
    String message = error(() -> reader.read(header, LabeledText::of));
    assertEquals(
        header + " line 2: the header has no column 'label'; columns: [text, lable]", message);
    Path row = write("row.tsv", "text\tlabel\na\tx\nb\n");
    assertEquals(
        row + " line 3 has too few columns; expected 2; columns=1",
        error(() -> reader.read(row, LabeledText::of)));
  }

  @Test
  void gradesAreWholeNumbers() throws IOException {
    Path file = write("pairs.tsv", "query\tpassage\tlabel\nq\tp\trelevant\n");
    assertEquals(
        file
            + " line 2: the label of a pair must be a whole number, 1 for relevant;"
            + " label='relevant'",
        error(() -> reader.read(file, LabeledPair::of)));
  }

  @Test
  void emptyFilesAreErrors() throws IOException {
    Path jsonl = write("empty.jsonl", "\n");
    assertEquals(jsonl + " holds no example", error(() -> reader.read(jsonl, LabeledText::of)));
    Path table = write("empty.tsv", "");
    assertEquals(table + " is empty", error(() -> reader.read(table, LabeledText::of)));
    assertEquals(table + " is empty", error(() -> DatasetReader.holdsPairs(table)));
    Path header = write("header.tsv", "text\tlabel\n");
    assertEquals(header + " holds no example", error(() -> reader.read(header, LabeledText::of)));
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
