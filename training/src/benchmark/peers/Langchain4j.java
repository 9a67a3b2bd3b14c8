import ai.onnxruntime.OrtSession.SessionOptions;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.scoring.onnx.OnnxScoringModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * langchain4j-onnx-scoring, as it comes or tuned. Arguments: graph, texts, tokenizer.json; texts a call and threads, each
 * of which then computes alone.
 */
public final class Langchain4j {
  public static void main(String[] arguments) throws Exception {
    SessionOptions options = new SessionOptions();
    if (SortedCalls.threads(arguments, 3) > 1) {
      options.setIntraOpNumThreads(1);
    }
    OnnxScoringModel model =
        new OnnxScoringModel(arguments[0], options, arguments[2], 512, false);
    List<String> lines = Files.readAllLines(Path.of(arguments[1]));
    PeerLoop.run(
        SortedCalls.of(arguments, 3, () -> passages -> score(model, lines.get(0), passages)),
        lines.subList(1, lines.size()));
  }

  private static float[] score(OnnxScoringModel model, String query, List<String> passages) {
    List<Double> scores =
        model.scoreAll(passages.stream().map(TextSegment::from).toList(), query).content();
    float[] values = new float[scores.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = scores.get(i).floatValue();
    }
    return values;
  }
}
