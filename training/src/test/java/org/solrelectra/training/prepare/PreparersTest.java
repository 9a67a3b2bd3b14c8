package org.solrelectra.training.prepare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.training.dataset.DatasetReader;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.dataset.LabeledText;

/** Each source in a few lines of its own format. */
class PreparersTest {
  private static final String JUDGED_ANSWER =
      "Flu is caused by influenza viruses, which spread mainly by droplets when people cough or talk.";

  private static final DatasetReader READER = new DatasetReader(text -> true, warning -> {});

  @TempDir Path folder;

  private Path file(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private Path prepare(Source source, Path... inputs) throws IOException {
    Path output = folder.resolve("output.jsonl");
    try (ExampleWriter writer = new ExampleWriter(output, null, 0.1, 1)) {
      source.preparer().prepare(List.of(inputs), writer);
      writer.complete();
    }
    return output;
  }

  @Test
  void banking77IsCsvWithQuotedCommas() throws IOException {
    Path csv = file("train.csv", "text,category\n\"Hi, where is my card?\",card_arrival\n");
    assertEquals(
        List.of(new LabeledText("Hi, where is my card?", null, "card_arrival")),
        READER.read(prepare(Source.BANKING77, csv), LabeledText::of));
  }

  @Test
  void glueHasTables() throws IOException {
    Path train = file("train.tsv", "label\tsentence\n1\ta fine film \n");
    assertEquals(
        List.of(new LabeledText("a fine film", null, "1")),
        READER.read(prepare(Source.SST2, train), LabeledText::of));
    Path pairs =
        file("dev.tsv", "index\tquestion\tsentence\tlabel\n0\tWho?\tThey did.\tentailment\n");
    assertEquals(
        List.of(new LabeledText("Who?", "They did.", "entailment")),
        READER.read(prepare(Source.QNLI, pairs), LabeledText::of));
    InvalidDatasetException refused =
        assertThrows(InvalidDatasetException.class, () -> prepare(Source.QNLI, train));
    assertEquals(
        train + " is not what is expected, dev.tsv of QNLI; columns: [label, sentence]",
        refused.getMessage());
    Path cut = file("cut.tsv", "label\tsentence\n1\n");
    assertEquals(
        cut + " line 2 must have 2 columns; columns=1",
        assertThrows(InvalidDatasetException.class, () -> prepare(Source.SST2, cut)).getMessage());
  }

  @Test
  void aMissingColumnIsNamed() throws IOException {
    Path csv = file("train.csv", "message,category\nhello,greeting\n");
    InvalidDatasetException refused =
        assertThrows(InvalidDatasetException.class, () -> prepare(Source.BANKING77, csv));
    assertTrue(refused.getMessage().contains("no column 'text'"), refused.getMessage());
    assertFalse(Files.exists(folder.resolve("output.jsonl")));
    assertFalse(Files.exists(folder.resolve("output.jsonl.partial")));
  }

  @Test
  void brokenCsvNamesTheFile() throws IOException {
    Path open = file("open.csv", "text,category\n\"Hi, where is my card?,card_arrival\n");
    Path bytes = folder.resolve("bytes.csv");
    Files.write(
        bytes,
        new byte[] {
          't',
          'e',
          'x',
          't',
          ',',
          'c',
          'a',
          't',
          'e',
          'g',
          'o',
          'r',
          'y',
          '\n',
          (byte) 0xe9,
          ',',
          'x',
          '\n'
        });
    for (Path broken : List.of(open, bytes)) {
      InvalidDatasetException refused =
          assertThrows(InvalidDatasetException.class, () -> prepare(Source.BANKING77, broken));
      assertTrue(refused.getMessage().startsWith(broken + " is not CSV: "), refused.getMessage());
    }
  }

  @Test
  void aByteOrderMarkIsNoPartOfAColumnsName() throws IOException {
    Path csv = file("train.csv", "\ufefftext,category\nhello,greeting\n");
    assertEquals(
        List.of(new LabeledText("hello", null, "greeting")),
        READER.read(prepare(Source.BANKING77, csv), LabeledText::of));
  }

  private String error(Source source, Path... inputs) {
    return assertThrows(InvalidDatasetException.class, () -> prepare(source, inputs)).getMessage();
  }

  @Test
  void aRowOfTooManyColumnsIsAnError() throws IOException {
    Path csv = file("train.csv", "text,category\nhello,greeting\nwell,hello,greeting\n");
    assertTrue(
        error(Source.BANKING77, csv).startsWith(csv + " is not CSV: Too many entries"),
        error(Source.BANKING77, csv));
  }

  @Test
  void answersAreNumbersOfCandidates() throws IOException {
    Path json =
        file("a.json", "[{\"question\":\"Who?\",\"candidates\":[\"They.\"],\"answers\":[\"x\"]}]");
    assertEquals(
        json + ": an answer must be the number of a candidate; answer=\"x\"",
        error(Source.SELQA, json));
    Path broken = file("b.json", "[{");
    assertTrue(error(Source.SELQA, broken).startsWith(broken + " is not JSON: "));
  }

  @Test
  void filesLineByLineHaveAsManyLines() throws IOException {
    file("dev/a.toks", "Who ?\n");
    file("dev/b.toks", "They did .\nWe did .\n");
    file("dev/sim.txt", "1\n0\n");
    Path dev = folder.resolve("dev");
    assertEquals(
        dev + ": its files must have as many lines as each other", error(Source.WIKIQA, dev));
  }

  @Test
  void bothOutputsMustNotBeOneFile() {
    Path output = folder.resolve("output.jsonl");
    assertThrows(
        IllegalArgumentException.class,
        () -> new ExampleWriter(output, folder.resolve("x/../output.jsonl"), 0.1, 1));
    assertFalse(Files.exists(folder.resolve("output.jsonl.partial")));
  }

  @Test
  void selqaMarksTheSentencesThatAnswer() throws IOException {
    Path json =
        file(
            "selqa.json",
            "[{\"question\": \"Who ?\", \"candidates\": [\"She did.\", \" \", \"It rained.\"],"
                + " \"answers\": [0]}]");
    assertEquals(
        List.of(new LabeledPair("Who ?", "She did.", 1), new LabeledPair("Who ?", "It rained.", 0)),
        READER.read(prepare(Source.SELQA, json), LabeledPair::of));
  }

  @Test
  void squadQuestionsGetOtherSentencesAsNegatives() throws IOException {
    Path sentences = file("src.txt", "the bank opened in 1900 .\nthe river bank is steep .\n");
    Path questions = file("tgt.txt", "when did the bank open ?\nhow is the river bank ?\n");
    List<LabeledPair> pairs =
        READER.read(prepare(Source.SQUAD, sentences, questions), LabeledPair::of);
    assertTrue(
        pairs.contains(new LabeledPair("when did the bank open?", "the bank opened in 1900.", 1)));
    assertTrue(
        pairs.contains(new LabeledPair("when did the bank open?", "the river bank is steep.", 0)));
    assertTrue(
        pairs.stream()
            .filter(pair -> pair.grade() == 1)
            .allMatch(pair -> pair.query().startsWith("when") == pair.passage().contains("1900")));
  }

  @Test
  void squadFilesMustBeOfOneLength() throws IOException {
    Path sentences = file("src.txt", "one .\ntwo .\n");
    Path questions = file("tgt.txt", "one ?\n");
    assertThrows(InvalidDatasetException.class, () -> prepare(Source.SQUAD, sentences, questions));
  }

  @Test
  void wikiqaComesInTwoLayouts() throws IOException {
    List<LabeledPair> expected =
        List.of(new LabeledPair("where is it?", "it isn't here (yet).", 1));
    Path tabs = file("WikiQA-test.txt", "where is it ?\tit is n't here -lrb- yet -rrb- .\t1\n");
    assertEquals(expected, READER.read(prepare(Source.WIKIQA, tabs), LabeledPair::of));
    file("dev/a.toks", "where is it ?\n");
    file("dev/b.toks", "it is n't here -lrb- yet -rrb- .\n");
    file("dev/sim.txt", "1\n");
    assertEquals(
        expected, READER.read(prepare(Source.WIKIQA, folder.resolve("dev")), LabeledPair::of));
    Path wrong = file("wrong.txt", "where ?\there .\t2\n");
    assertThrows(InvalidDatasetException.class, () -> prepare(Source.WIKIQA, wrong));
  }

  @Test
  void trecqaReadsTheFirstLineOfEachBlock() throws IOException {
    Path xml =
        file(
            "TEST.xml",
            "<QApairs id='1'>\n<question>\nwho\tis\tit\t?\nWP\tVBZ\n</question>\n<positive>\nit\tis\tshe\t.\nx\n</positive>\n"
                + "<negative>\nit\train\t.\nx\n</negative>\n</QApairs>\n");
    assertEquals(
        List.of(
            new LabeledPair("who is it?", "it is she.", 1),
            new LabeledPair("who is it?", "it rain.", 0)),
        READER.read(prepare(Source.TRECQA, xml), LabeledPair::of));
    Path alone = file("alone.xml", "<positive>\nit is she .\n</positive>\n");
    assertThrows(InvalidDatasetException.class, () -> prepare(Source.TRECQA, alone));
  }

  @Test
  void medquadLeavesJudgedAnswersOutAndLiveqaTestsOnThem() throws IOException {
    file(
        "medquad/1/0001.xml",
        "<Document><QAPairs><QAPair><Question>What causes flu ?</Question><Answer>"
            + JUDGED_ANSWER
            + "</Answer></QAPair><QAPair><Question>What is a cold ?</Question><Answer>A mild\n illness.</Answer></QAPair>"
            + "<QAPair><Question>What is empty ?</Question><Answer></Answer></QAPair></QAPairs></Document>");
    file(
        "medquad/All-2479-Answers-retrieved-from-MedQuAD.csv",
        "AnswerID,Answer\nA1,\"Question: What causes flu?\nAnswer: " + JUDGED_ANSWER + "\"\n");
    file(
        "medquad/LiveQA2017/TREC-2017-LiveQA-Medical-Test-Questions-w-summaries.xml",
        "<LIVEQA><NLM-QUESTION qid=\"TQ1\"><NLM-Summary>flu causes</NLM-Summary></NLM-QUESTION></LIVEQA>");
    file(
        "medquad/All-qrels_LiveQAMed2017-TestQuestions_2479_Judged-Answers.txt",
        "1 3-Related A1\n");
    List<LabeledPair> training =
        READER.read(prepare(Source.MEDQUAD, folder.resolve("medquad")), LabeledPair::of);
    assertEquals(List.of(new LabeledPair("What is a cold?", "A mild illness.", 1)), training);
    assertEquals(
        List.of(new LabeledPair("flu causes", JUDGED_ANSWER, 2)),
        READER.read(prepare(Source.LIVEQA, folder.resolve("medquad")), LabeledPair::of));
  }

  @Test
  void openQuestionsFindParagraphsThatHoldTheAnswer() throws IOException {
    String told =
        "The old bridge over the river was finished by the engineer Ada Miller in the year 1874, after long delays.";
    String other =
        "The old bridge over the river is painted each spring by people of the town, who also repair its wooden deck.";
    Path wiki = file("wiki.txt", "= Old Bridge =\n" + told + "\n" + other + "\n");
    Path topics =
        file(
            "topics.small.txt",
            "who finished the old bridge over the river\t[\"Ada Miller\"]\nwho painted it red\t['nobody']\n");
    List<LabeledPair> pairs = READER.read(prepare(Source.OPENQA, topics, wiki), LabeledPair::of);
    assertEquals(
        List.of(
            new LabeledPair("who finished the old bridge over the river", "Old Bridge. " + told, 1),
            new LabeledPair(
                "who finished the old bridge over the river", "Old Bridge. " + other, 0)),
        pairs);
  }

  @Test
  void sharesGoByTextAndNeverOverlap() throws IOException {
    Path all = folder.resolve("all.jsonl");
    Path dev = folder.resolve("dev.jsonl");
    try (ExampleWriter writer = new ExampleWriter(all, dev, 0.2, 0.5)) {
      for (int i = 0; i < 1000; i++) {
        writer.write(new LabeledPair("question " + i, "one", 1));
        writer.write(new LabeledPair("question " + i, "two", 0));
      }
      writer.complete();
    }
    List<String> training =
        READER.read(all, LabeledPair::of).stream().map(LabeledPair::query).distinct().toList();
    List<String> development =
        READER.read(dev, LabeledPair::of).stream().map(LabeledPair::query).distinct().toList();
    assertTrue(training.stream().noneMatch(development::contains));
    assertEquals(400, training.size(), 60);
    assertEquals(200, development.size(), 45);
    assertEquals(2 * training.size(), READER.read(all, LabeledPair::of).size());
  }
}
