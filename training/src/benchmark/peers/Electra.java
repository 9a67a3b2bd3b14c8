import java.nio.file.Path;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.LongPassages;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.CrossEncoder;

/** Arguments: model directory, texts, graph. */
public final class Electra {
  public static void main(String[] arguments) throws Exception {
    WorkerPool pool = new WorkerPool(1);
    CrossEncoder ranker =
        new CrossEncoder(
            OnnxEncoder.open(ModelDirectory.open(Path.of(arguments[0]), arguments[2]), pool));
    PeerLoop.run(
        (query, passages) -> ranker.score(query, passages, LongPassages.BEGINNING, Deadline.NONE).logits(),
        Path.of(arguments[1]));
  }
}
