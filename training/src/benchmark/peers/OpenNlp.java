import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import opennlp.dl.InferenceOptions;
import opennlp.dl.doccat.DocumentCategorizerDL;
import opennlp.dl.doccat.scoring.AverageClassificationScoringStrategy;

/**
 * OpenNLP's DocumentCategorizerDL, as it comes (chunks of 200 words), or one chunk a document if texts a call and threads
 * follow. A score is the first label's probability. Arguments: graph, texts, vocab.txt, number of labels; texts a call and
 * threads.
 */
public final class OpenNlp {
  private static final int MORE_WORDS_THAN_A_DOCUMENT = 1000;

  public static void main(String[] arguments) throws Exception {
    Map<Integer, String> labels = new HashMap<>();
    for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
      labels.put(i, "label" + i);
    }
    InferenceOptions options = new InferenceOptions();
    if (arguments.length > 4) {
      options.setDocumentSplitSize(MORE_WORDS_THAN_A_DOCUMENT);
      options.setSplitOverlapSize(0);
    }
    DocumentCategorizerDL categorizer =
        new DocumentCategorizerDL(
            new File(arguments[0]),
            new File(arguments[2]),
            labels,
            new AverageClassificationScoringStrategy(),
            options);
    PeerLoop.run(
        SortedCalls.of(arguments, 4, () -> documents -> score(categorizer, documents)),
        Files.readAllLines(Path.of(arguments[1])));
  }

  private static float[] score(DocumentCategorizerDL categorizer, List<String> documents) {
    float[] scores = new float[documents.size()];
    for (int i = 0; i < scores.length; i++) {
      // Its tokenizer does not lower-case.
      String[] document = {documents.get(i).toLowerCase(Locale.ROOT)};
      scores[i] = (float) categorizer.categorize(document)[0];
    }
    return scores;
  }
}
