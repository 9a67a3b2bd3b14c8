import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.model.ModelDirectory;

/**
 * Cuts a hundred paragraphs to a wanted length, and writes the tokenizer.json that the peers need. Arguments: pairs (a
 * query goes first, and counts) or documents, model directory, text file, tokens (0: log-normal, 26 to 266), file for
 * the texts, file for the tokenizer.
 */
public final class Texts {
  private static final String QUERY =
      "when did the war between the two countries end and what were the terms of the treaty";
  private static final int TEXTS = 100;

  public static void main(String[] arguments) throws Exception {
    ModelDirectory model = ModelDirectory.open(Path.of(arguments[1]));
    TokenBatchBuilder batches = TokenBatchBuilder.of(model);
    boolean pairs = arguments[0].equals("pairs");
    ToIntFunction<String> length =
        text ->
            (pairs ? batches.pairs(QUERY, List.of(text)) : batches.texts(List.of(text)))
                .sequences()
                .get(0)
                .length();
    int tokens = Integer.parseInt(arguments[3]);
    Random random = new Random(5);
    List<String> texts = new ArrayList<>();
    try (var paragraphs = Files.lines(Path.of(arguments[2]))) {
      var long_ = paragraphs.filter(line -> line.length() > 1500).limit(TEXTS).iterator();
      while (long_.hasNext()) {
        double drawn = Math.exp(4.3 + 0.45 * random.nextGaussian()) + 10;
        int wanted =
            tokens > 0 ? tokens : texts.isEmpty() ? 266 : (int) Math.max(26, Math.min(266, drawn));
        texts.add(cut(length, long_.next(), wanted));
      }
    }
    if (texts.size() != TEXTS) {
      throw new IllegalArgumentException(arguments[2] + " has too few long paragraphs");
    }
    if (pairs) {
      texts.add(0, QUERY);
    }
    Files.write(Path.of(arguments[4]), texts);
    TokenizerJson.write(model.vocabulary(), Path.of(arguments[5]));
  }

  /** The most words that make at most so many tokens. */
  private static String cut(ToIntFunction<String> length, String paragraph, int wanted) {
    String[] words = paragraph.split(" ");
    String text = "";
    for (int count = 1; count <= words.length; count++) {
      String longer = String.join(" ", List.of(words).subList(0, count));
      // One more than fits: what is cut to the model's limit is not longer than it.
      if (length.applyAsInt(longer) > wanted
          || length.applyAsInt(longer + " a") == length.applyAsInt(longer)) {
        break;
      }
      text = longer;
    }
    return text;
  }
}
