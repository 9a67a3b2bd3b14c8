package org.solrelectra.solr;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The models of the tests of {@code plugin/solr}, and of {@code solr-config}, where they are
 * checked in. {@link FixtureModelsTest} says how they get there.
 */
public final class FixtureModels {
  /** Labels that exclude each other; "poison" is no number. */
  public static final WordScoreModel INTENTS =
      new WordScoreModel(
          "banking-intents",
          "3",
          "classification",
          "softmax",
          1,
          64,
          List.of("lost_or_stolen_card", "exchange_rate", "top_up_failed"),
          words(
              "lost", new float[] {4, 0, 0},
              "stolen", new float[] {4, 0, 0},
              "card", new float[] {1, 0, 0},
              "exchange", new float[] {0, 3, 0},
              "rate", new float[] {0, 2, 0},
              "top", new float[] {0, 0, 3},
              "poison", new float[] {Float.NaN, 0, 0}));

  /** Labels that stand alone, with a temperature. */
  public static final WordScoreModel TOPICS =
      new WordScoreModel(
          "topics",
          "1",
          "classification",
          "sigmoid",
          2,
          64,
          List.of("sport", "politics", "science"),
          words(
              "goal", new float[] {4, 0, -4},
              "election", new float[] {-4, 6, -4},
              "stadium", new float[] {2, 2, -4}));

  /** Scores a passage by its words; "poison" is no number. */
  public static final WordScoreModel RANKER =
      new WordScoreModel(
          "passage-ranker",
          "7",
          "ranking",
          "sigmoid",
          1,
          32,
          List.of("LABEL_0"),
          words(
              "good", new float[] {1},
              "great", new float[] {2.5f},
              "bad", new float[] {-1},
              "awful", new float[] {-2.5f},
              "poison", new float[] {Float.NaN}));

  private static final List<WordScoreModel> ALL = List.of(INTENTS, TOPICS, RANKER);

  private FixtureModels() {}

  /** Writes all model directories below a folder. */
  public static void write(Path folder) throws IOException {
    for (WordScoreModel model : ALL) {
      model.write(folder);
    }
  }

  private static Map<String, float[]> words(Object... wordsAndNumbers) {
    Map<String, float[]> words = new LinkedHashMap<>();
    for (int i = 0; i < wordsAndNumbers.length; i += 2) {
      words.put((String) wordsAndNumbers[i], (float[]) wordsAndNumbers[i + 1]);
    }
    return words;
  }
}
