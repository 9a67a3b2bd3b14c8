import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.translator.CrossEncoderTranslator;
import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.Criteria;
import ai.djl.util.StringPair;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** DJL's CrossEncoderTranslator, all pairs in one call. Arguments: model directory, texts, tokenizer.json. */
public final class Djl {
  public static void main(String[] arguments) throws Exception {
    HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(
            Path.of(arguments[2]), Map.of("padding", "true", "truncation", "true", "maxLength", "512"));
    Predictor<StringPair, float[]> predictor =
        Criteria.builder()
            .setTypes(StringPair.class, float[].class)
            .optEngine("OnnxRuntime")
            .optModelPath(Path.of(arguments[0], "model.onnx"))
            .optTranslator(
                CrossEncoderTranslator.builder(tokenizer)
                    .optIncludeTokenTypes(true)
                    .optSigmoid(false)
                    .build())
            .build()
            .loadModel()
            .newPredictor();
    PeerLoop.run(
        (query, passages) -> {
          List<float[]> scores =
              predictor.batchPredict(
                  passages.stream().map(passage -> new StringPair(query, passage)).toList());
          float[] values = new float[scores.size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = scores.get(i)[0];
          }
          return values;
        },
        Path.of(arguments[1]));
  }
}
