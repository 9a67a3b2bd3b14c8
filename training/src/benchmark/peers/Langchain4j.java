import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.scoring.onnx.OnnxScoringModel;
import java.nio.file.Path;
import java.util.List;

/** langchain4j-onnx-scoring as it comes. Arguments: model directory, texts, tokenizer.json. */
public final class Langchain4j {
  public static void main(String[] arguments) throws Exception {
    OnnxScoringModel model =
        new OnnxScoringModel(arguments[0] + "/model.onnx", arguments[2], 512);
    PeerLoop.run(
        (query, passages) -> {
          List<Double> scores =
              model
                  .scoreAll(passages.stream().map(TextSegment::from).toList(), query)
                  .content();
          float[] values = new float[scores.size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = scores.get(i).floatValue();
          }
          return values;
        },
        Path.of(arguments[1]));
  }
}
