import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.util.PairList;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * ONNX Runtime with its own threads and one padded batch, or tuned. Arguments: graph, texts, tokenizer.json; texts a call
 * and threads, each of which computes alone if there are several.
 */
public final class OnnxRuntimeBatch {
  private final HuggingFaceTokenizer tokenizer;
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  private OnnxRuntimeBatch(String graph, OrtSession.SessionOptions options, String tokenizerJson)
      throws Exception {
    tokenizer =
        HuggingFaceTokenizer.newInstance(
            Path.of(tokenizerJson), Map.of("padding", "true", "truncation", "true", "maxLength", "512"));
    session = environment.createSession(graph, options);
  }

  public static void main(String[] arguments) throws Exception {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    if (SortedCalls.threads(arguments, 3) > 1) {
      options.setIntraOpNumThreads(1);
    }
    OnnxRuntimeBatch model = new OnnxRuntimeBatch(arguments[0], options, arguments[2]);
    List<String> lines = Files.readAllLines(Path.of(arguments[1]));
    PeerLoop.run(
        SortedCalls.of(arguments, 3, () -> passages -> model.score(lines.get(0), passages)),
        lines.subList(1, lines.size()));
  }

  private float[] score(String query, List<String> passages) throws OrtException {
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
                Map.of("input_ids", first, "token_type_ids", second, "attention_mask", third))) {
      float[][] logits = (float[][]) result.get(0).getValue();
      float[] scores = new float[logits.length];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = logits[i][0];
      }
      return scores;
    }
  }
}
