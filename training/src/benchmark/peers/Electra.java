import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.WindowPolicy;
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
    List<String> lines = Files.readAllLines(Path.of(arguments[1]));
    PeerLoop.run(
        passages ->
            ranker
                .score(lines.get(0), passages, WindowPolicy.BEGINNING, Deadline.NONE)
                .logits(),
        lines.subList(1, lines.size()));
  }
}
