import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** DJL's HuggingFaceTokenizer. Arguments: encode or batchEncode, tokenizer.json, paragraphs. */
public final class DjlTokenizer {
  private static final int BATCH = 64;

  public static void main(String[] arguments) throws Exception {
    HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(
            Path.of(arguments[1]),
            Map.of("addSpecialTokens", "false", "padding", "false", "truncation", "false"));
    TokenizerLoop.Tokenizer counter =
        switch (arguments[0]) {
          case "encode" -> paragraphs -> single(tokenizer, paragraphs);
          case "batchEncode" -> paragraphs -> batches(tokenizer, paragraphs);
          default -> throw new IllegalArgumentException("unknown call " + arguments[0]);
        };
    TokenizerLoop.run(counter, Path.of(arguments[2]));
  }

  private static long single(HuggingFaceTokenizer tokenizer, List<String> paragraphs) {
    long count = 0;
    for (String paragraph : paragraphs) {
      count += tokenizer.encode(paragraph).getIds().length;
    }
    return count;
  }

  private static long batches(HuggingFaceTokenizer tokenizer, List<String> paragraphs) {
    long count = 0;
    for (int from = 0; from < paragraphs.size(); from += BATCH) {
      int to = Math.min(paragraphs.size(), from + BATCH);
      for (Encoding encoding : tokenizer.batchEncode(paragraphs.subList(from, to))) {
        count += encoding.getIds().length;
      }
    }
    return count;
  }
}
