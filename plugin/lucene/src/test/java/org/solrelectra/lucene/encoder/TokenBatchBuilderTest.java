package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.TokenizerFiles;
import org.solrelectra.lucene.model.Truncation;
import org.solrelectra.lucene.model.Vocabulary;

class TokenBatchBuilderTest {
  @TempDir Path folder;
  private ModelDirectory model;

  @BeforeEach
  void openFixture() throws IOException {
    model = ModelDirectory.open(FixtureModels.copy("ranker", folder));
  }

  private TokenBatchBuilder builder(int maxLength, Truncation truncation) {
    return new TokenBatchBuilder(model.vocabulary(), model.tokenizer(), maxLength, truncation);
  }

  private String pieces(TokenSequence sequence) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sequence.length(); i++) {
      text.append(i == 0 ? "" : " ").append(model.vocabulary().piece(sequence.inputIds()[i]));
    }
    return text.toString();
  }

  @Test
  void aPairIsQueryThenPassage() {
    TokenSequence sequence =
        builder(64, Truncation.PASSAGE).pairs("The bank?", List.of("Money")).sequences().get(0);
    assertEquals("[CLS] the bank ? [SEP] money [SEP]", pieces(sequence));
    assertArrayEquals(new int[] {0, 0, 0, 0, 0, 1, 1}, sequence.tokenTypeIds());
  }

  @Test
  void literalSpecialTokensAreText() {
    TokenSequence sequence =
        builder(64, Truncation.PASSAGE).texts(List.of("a [SEP] b")).sequences().get(0);
    assertEquals("[CLS] a [UNK] s ##e ##p [UNK] b [SEP]", pieces(sequence));
  }

  @Test
  void aLongTextIsCutAtItsEndAndNotReadFurther() {
    String text = "money ".repeat(2_000_000);
    TokenSequence sequence =
        builder(10, Truncation.PASSAGE).texts(List.of(text)).sequences().get(0);
    assertEquals("[CLS]" + " money".repeat(8) + " [SEP]", pieces(sequence));
  }

  @Test
  void onlyThePassageIsCut() {
    TokenBatch batch =
        builder(10, Truncation.PASSAGE).pairs("the card", List.of("rain ".repeat(20), "rain"));
    assertEquals(
        "[CLS] the card [SEP] rain rain rain rain rain [SEP]", pieces(batch.sequences().get(0)));
    assertEquals("[CLS] the card [SEP] rain [SEP]", pieces(batch.sequences().get(1)));
    assertEquals(0, batch.truncatedQueries());
  }

  @Test
  void aQueryGetsHalfTheRoomAtMostAndIsCounted() {
    TokenBatch batch =
        builder(13, Truncation.PASSAGE)
            .pairs("bank ".repeat(9), List.of("rain ".repeat(20), "rain"));
    assertEquals(
        "[CLS] bank bank bank bank bank [SEP] rain rain rain rain rain [SEP]",
        pieces(batch.sequences().get(0)));
    assertEquals(
        "[CLS] bank bank bank bank bank [SEP] rain [SEP]", pieces(batch.sequences().get(1)));
    assertEquals(2, batch.truncatedQueries());
  }

  private static WindowPolicy windows(int most, int stride, int maxTokens) {
    return new WindowPolicy(most, stride, maxTokens, WindowPolicy.Aggregation.MAX);
  }

  private List<String> pieces(TokenBatchBuilder.Passages passages) {
    return passages.batch().sequences().stream().map(this::pieces).toList();
  }

  @Test
  void aLongPassageIsReadInWindowsThatShareAStride() {
    TokenBatchBuilder.Passages passages =
        builder(10, Truncation.PASSAGE)
            .pairs(
                "the card",
                List.of("money bank rain money bank rain money", "rain"),
                windows(3, 2, 1000));
    assertEquals(
        List.of(
            "[CLS] the card [SEP] money bank rain money bank [SEP]",
            "[CLS] the card [SEP] money bank rain money [SEP]",
            "[CLS] the card [SEP] rain [SEP]"),
        pieces(passages));
    assertArrayEquals(new int[] {2, 1}, passages.windows());
  }

  @Test
  void ofTooManyWindowsTheLikeliestAreReadInTheirOrder() {
    String passage = "rain ".repeat(10) + "the rain rain rain rain " + "rain the card rain rain";
    TokenBatchBuilder.Passages passages =
        builder(10, Truncation.PASSAGE).pairs("the card", List.of(passage), windows(2, 0, 1000));
    assertEquals(
        List.of(
            "[CLS] the card [SEP] the rain rain rain rain [SEP]",
            "[CLS] the card [SEP] rain the card rain rain [SEP]"),
        pieces(passages));
  }

  @Test
  void afterSoManyTokensOneWindowIsReadOfEachPassage() {
    String passage = "rain ".repeat(10);
    TokenBatchBuilder.Passages passages =
        builder(10, Truncation.PASSAGE)
            .pairs("the card", List.of(passage, passage, passage), windows(2, 0, 21));
    assertArrayEquals(new int[] {2, 2, 1}, passages.windows());
  }

  @Test
  void aWindowIsAsLongAsTheTokensThatTheQueryLeaves() {
    TokenBatchBuilder builder = builder(10, Truncation.PASSAGE);
    assertEquals(
        "stride must be in 0..room - 1; room=4, stride=4",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    builder.pairs(
                        "bank ".repeat(9), List.of("rain ".repeat(9)), windows(2, 4, 100)))
            .getMessage());
    assertEquals(
        "maxWindows must be at least 1, stride and maxTokens at least 0; maxWindows=0, stride=1,"
            + " maxTokens=5",
        assertThrows(IllegalArgumentException.class, () -> windows(0, 1, 5)).getMessage());
  }

  @Test
  void windowsBecomeOneScore() {
    float[] logits = {1, -3, 4, 2};
    assertEquals(4, WindowPolicy.Aggregation.MAX.of(logits));
    assertEquals(7f / 3, WindowPolicy.Aggregation.TOP_MEAN.of(logits));
    assertEquals(1, WindowPolicy.Aggregation.MEAN.of(logits));
    assertEquals(1.5f, WindowPolicy.Aggregation.TOP_MEAN.of(new float[] {1, 2}));
    assertArrayEquals(new float[] {1, -3, 4, 2}, logits);
  }

  @Test
  void anEmptyTextHasItsSpecialTokens() {
    TokenBatchBuilder builder = builder(64, Truncation.PASSAGE);
    assertEquals("[CLS] [SEP]", pieces(builder.texts(List.of("")).sequences().get(0)));
    assertEquals("[CLS] [SEP] [SEP]", pieces(builder.pairs("", List.of("")).sequences().get(0)));
  }

  @Test
  void onlySecondRefusesAQueryThatFillsTheRoom() {
    TokenBatchBuilder builder = builder(10, Truncation.ONLY_SECOND);
    assertEquals(
        "cannot truncate: the query leaves no token for the passage; room=7, query=8",
        assertThrows(
                IllegalArgumentException.class,
                () -> builder.pairs("bank ".repeat(9), List.of("rain")))
            .getMessage());
  }

  @Test
  void aQueryThatLeavesNoRoomIsKnownBeforeAnyPassageIsRead() {
    TokenBatchBuilder onlySecond = builder(10, Truncation.ONLY_SECOND);
    onlySecond.checkQuery("bank ".repeat(6), WindowPolicy.BEGINNING);
    assertEquals(
        "cannot truncate: the query leaves no token for the passage; room=7, query=7",
        assertThrows(
                IllegalArgumentException.class,
                () -> onlySecond.checkQuery("bank ".repeat(7), WindowPolicy.BEGINNING))
            .getMessage());
    assertEquals(
        "the query leaves windows no longer than the stride; room=7, query=5, stride=2",
        assertThrows(
                IllegalArgumentException.class,
                () -> onlySecond.checkQuery("bank ".repeat(5), windows(2, 2, 100)))
            .getMessage());
    for (Truncation cuts : new Truncation[] {Truncation.PASSAGE, Truncation.LONGEST_FIRST}) {
      builder(10, cuts).checkQuery("bank ".repeat(500), windows(2, 2, 100));
    }
  }

  @Test
  void aMaximumThatLeavesNoRoomIsRefused() {
    assertEquals(
        "maxLength must be at least 8; maxLength=7",
        assertThrows(IllegalArgumentException.class, () -> builder(7, Truncation.PASSAGE))
            .getMessage());
  }

  @Test
  void windowsOverlapByTheStrideAndReachTheEnd() {
    TokenBatch batch = builder(10, Truncation.PASSAGE).windows("the", "a b c d e f g h i j k", 2);
    assertEquals(
        List.of(
            "[CLS] the [SEP] a b c d e f [SEP]",
            "[CLS] the [SEP] e f g h i j [SEP]",
            "[CLS] the [SEP] i j k [SEP]"),
        batch.sequences().stream().map(this::pieces).toList());
  }

  @Test
  void aStrideAsLongAsAWindowIsRefused() {
    TokenBatchBuilder builder = builder(10, Truncation.PASSAGE);
    assertEquals(
        "stride must be in 0..room - 1; room=6, stride=6",
        assertThrows(IllegalArgumentException.class, () -> builder.windows("the", "a b", 6))
            .getMessage());
  }

  @Test
  void theVocabularyOfTheFixtureIsAsTheTestsThink() {
    assertEquals(Vocabulary.PAD, model.vocabulary().piece(0));
    assertEquals(-1, model.vocabulary().id("["));
  }

  /** Each pair of values is one piece, so twelve values are six. */
  @Test
  void anAddedTokenWithABlankJoinsTwoValues(@TempDir Path directory) throws IOException {
    Files.writeString(
        directory.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nfin\ntech\n");
    Files.writeString(directory.resolve("added_tokens.json"), "{\"fin tech\": 7}");
    Vocabulary joining = new TokenizerFiles(directory, new ArrayList<>()).vocabulary();
    TokenBatchBuilder builder =
        new TokenBatchBuilder(joining, TokenizerConfig.bert(true, 8), 8, Truncation.PASSAGE);
    JoinedText text = builder.text();
    for (int i = 0; i < 12 && !text.isFull(); i++) {
      text.add(i % 2 == 0 ? "fin" : "tech");
    }
    int[] ids = builder.texts(List.of(text.toString())).sequences().get(0).inputIds();
    assertArrayEquals(new int[] {2, 7, 7, 7, 7, 7, 7, 3}, ids);
  }
}
