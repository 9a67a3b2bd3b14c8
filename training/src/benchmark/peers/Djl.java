import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.translator.CrossEncoderTranslator;
import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import ai.djl.util.StringPair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * DJL's CrossEncoderTranslator, all pairs in one call, or tuned. Arguments: graph, texts, tokenizer.json; texts a call and
 * threads, each of which then computes alone.
 */
public final class Djl {
  public static void main(String[] arguments) throws Exception {
    HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(
            Path.of(arguments[2]), Map.of("padding", "true", "truncation", "true", "maxLength", "512"));
    Criteria.Builder<StringPair, float[]> criteria =
        Criteria.builder()
            .setTypes(StringPair.class, float[].class)
            .optEngine("OnnxRuntime")
            .optModelPath(Path.of(arguments[0]))
            .optTranslator(
                CrossEncoderTranslator.builder(tokenizer)
                    .optIncludeTokenTypes(true)
                    .optSigmoid(false)
                    .build());
    if (SortedCalls.threads(arguments, 3) > 1) {
      criteria.optOption("intraOpNumThreads", "1");
    }
    ZooModel<StringPair, float[]> model = criteria.build().loadModel();
    List<String> lines = Files.readAllLines(Path.of(arguments[1]));
    PeerLoop.run(
        SortedCalls.of(arguments, 3, () -> scorer(model.newPredictor(), lines.get(0))),
        lines.subList(1, lines.size()));
  }

  private static PeerLoop.Scorer scorer(Predictor<StringPair, float[]> predictor, String query) {
    return passages -> score(predictor, query, passages);
  }

  private static float[] score(
      Predictor<StringPair, float[]> predictor, String query, List<String> passages)
      throws TranslateException {
    List<float[]> scores =
        predictor.batchPredict(
            passages.stream().map(passage -> new StringPair(query, passage)).toList());
    float[] values = new float[scores.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = scores.get(i)[0];
    }
    return values;
  }
}
