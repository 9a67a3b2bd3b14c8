import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;

/** Classifies documents; a score is the first label's probability. Arguments: model directory, texts, graph. */
public final class ElectraClassifier {
  public static void main(String[] arguments) throws Exception {
    ModelDirectory model = ModelDirectory.open(Path.of(arguments[0]), arguments[2]);
    OnnxEncoder encoder = OnnxEncoder.open(model, new WorkerPool(1));
    TokenBatchBuilder batches = TokenBatchBuilder.of(model);
    PeerLoop.run(
        documents -> {
          EncoderOutput output = encoder.encode(batches.texts(documents), Deadline.NONE, Lane.QUERY);
          float[] scores = new float[documents.size()];
          for (int i = 0; i < scores.length; i++) {
            scores[i] = firstProbability(output.logits(i));
          }
          return scores;
        },
        Files.readAllLines(Path.of(arguments[1])));
  }

  private static float firstProbability(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[0]);
    }
    return (float) (1 / sum);
  }
}
