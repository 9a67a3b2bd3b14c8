import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.model.ModelDirectory;

/**
 * Cuts paragraphs to pairs of a wanted length, and writes the tokenizer.json that the peers need. Arguments:
 * model directory, text file, tokens a pair (0: log-normal, 26 to 266), file for the texts, file for the tokenizer.
 */
public final class Texts {
  private static final String QUERY =
      "when did the war between the two countries end and what were the terms of the treaty";
  private static final int PASSAGES = 100;

  public static void main(String[] arguments) throws Exception {
    ModelDirectory model = ModelDirectory.open(Path.of(arguments[0]));
    TokenBatchBuilder batches = TokenBatchBuilder.of(model);
    int tokens = Integer.parseInt(arguments[2]);
    Random random = new Random(5);
    List<String> lines = new ArrayList<>(List.of(QUERY));
    try (var paragraphs = Files.lines(Path.of(arguments[1]))) {
      var long_ = paragraphs.filter(line -> line.length() > 1500).limit(PASSAGES).iterator();
      while (long_.hasNext()) {
        double drawn = Math.exp(4.3 + 0.45 * random.nextGaussian()) + 10;
        int wanted =
            tokens > 0 ? tokens : lines.size() == 1 ? 266 : (int) Math.max(26, Math.min(266, drawn));
        lines.add(cut(batches, long_.next(), wanted));
      }
    }
    if (lines.size() != PASSAGES + 1) {
      throw new IllegalArgumentException(arguments[1] + " has too few long paragraphs");
    }
    Files.write(Path.of(arguments[3]), lines);
    tokenizer(model, Path.of(arguments[4]));
  }

  /** The most words that make a pair of at most so many tokens. */
  private static String cut(TokenBatchBuilder batches, String paragraph, int wanted) {
    String[] words = paragraph.split(" ");
    String passage = "";
    for (int count = 1; count <= words.length; count++) {
      String longer = String.join(" ", List.of(words).subList(0, count));
      // One more than fits: a pair that is cut to the model's limit is not longer than it.
      if (batches.pairs(QUERY, List.of(longer)).sequences().get(0).length() > wanted
          || batches.pairs(QUERY, List.of(longer + " a")).sequences().get(0).length()
              == batches.pairs(QUERY, List.of(longer)).sequences().get(0).length()) {
        break;
      }
      passage = longer;
    }
    return passage;
  }

  /** As transformers writes it for an uncased BERT. */
  private static void tokenizer(ModelDirectory model, Path file) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = mapper.createObjectNode();
    json.put("version", "1.0");
    json.putNull("truncation");
    json.putNull("padding");
    ArrayNode added = json.putArray("added_tokens");
    List<String> pieces = model.vocabulary().pieces();
    for (String special : List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")) {
      added
          .addObject()
          .put("id", model.vocabulary().id(special))
          .put("content", special)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    json.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", true)
        .putNull("strip_accents")
        .put("lowercase", true);
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    ObjectNode processor = json.putObject("post_processor");
    processor.put("type", "BertProcessing");
    processor.putArray("sep").add("[SEP]").add(model.vocabulary().sepId());
    processor.putArray("cls").add("[CLS]").add(model.vocabulary().clsId());
    json.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode wordPiece = json.putObject("model");
    wordPiece.put("type", "WordPiece");
    wordPiece.put("unk_token", "[UNK]");
    wordPiece.put("continuing_subword_prefix", "##");
    wordPiece.put("max_input_chars_per_word", 100);
    ObjectNode vocabulary = wordPiece.putObject("vocab");
    for (int id = 0; id < pieces.size(); id++) {
      vocabulary.put(pieces.get(id), id);
    }
    mapper.writeValue(file.toFile(), json);
  }
}
