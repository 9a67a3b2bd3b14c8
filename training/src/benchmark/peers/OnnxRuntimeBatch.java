import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.util.PairList;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.util.Map;

/** ONNX Runtime with its own threads and one padded batch. Arguments: model directory, texts, tokenizer.json. */
public final class OnnxRuntimeBatch {
  public static void main(String[] arguments) throws Exception {
    HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(
            Path.of(arguments[2]), Map.of("padding", "true", "truncation", "true", "maxLength", "512"));
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    OrtSession session = environment.createSession(arguments[0] + "/model.onnx");
    PeerLoop.run(
        (query, passages) -> {
          PairList<String, String> pairs = new PairList<>();
          passages.forEach(passage -> pairs.add(query, passage));
          Encoding[] encodings = tokenizer.batchEncode(pairs);
          long[][] ids = new long[encodings.length][];
          long[][] types = new long[encodings.length][];
          long[][] mask = new long[encodings.length][];
          for (int i = 0; i < ids.length; i++) {
            ids[i] = encodings[i].getIds();
            types[i] = encodings[i].getTypeIds();
            mask[i] = encodings[i].getAttentionMask();
          }
          try (OnnxTensor first = OnnxTensor.createTensor(environment, ids);
              OnnxTensor second = OnnxTensor.createTensor(environment, types);
              OnnxTensor third = OnnxTensor.createTensor(environment, mask);
              OrtSession.Result result =
                  session.run(
                      Map.of(
                          "input_ids", first, "token_type_ids", second, "attention_mask", third))) {
            float[][] logits = (float[][]) result.get(0).getValue();
            float[] scores = new float[logits.length];
            for (int i = 0; i < scores.length; i++) {
              scores[i] = logits[i][0];
            }
            return scores;
          }
        },
        Path.of(arguments[1]));
  }
}
