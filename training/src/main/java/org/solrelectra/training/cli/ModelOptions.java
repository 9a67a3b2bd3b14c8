package org.solrelectra.training.cli;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;
import picocli.CommandLine.Option;

/** Opens a model directory for a command, with a pool of its own. */
final class ModelOptions {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A model directory, as export writes it.")
  private Path directory;

  OpenModel open() throws IOException {
    ModelDirectory model = ModelDirectory.open(directory);
    WorkerPool pool = WorkerPool.forThisMachine();
    try {
      return new OpenModel(OnnxEncoder.open(model, pool), pool);
    } catch (IOException | RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  /** A model and the threads that run it. */
  record OpenModel(Encoder encoder, WorkerPool pool) implements Closeable {
    @Override
    public void close() throws IOException {
      encoder.close();
      pool.close();
    }
  }
}
