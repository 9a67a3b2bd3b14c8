package org.solrelectra.solr.core;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.SoakProcess;

/** What a node holds whose cores change their models while they answer. */
class ModelSwapIT {
  /** The profile soak reloads more often. */
  private static final int RELOADS = Integer.getInteger("solrelectra.reloads", 30);

  private static final int HEAP_MEGABYTES = 64;

  @Test
  void nodeHoldsNoMoreAfterItsCoreChangedModels(@TempDir Path home)
      throws IOException, InterruptedException {
    assumeTrue(Files.exists(SoakProcess.STATUS), "only Linux has " + SoakProcess.STATUS);
    SoakProcess.assertHoldsNoMore(
        Path.of("target", "soak", "RELOAD.txt"), HEAP_MEGABYTES, ModelSwaps.class, home, RELOADS);
  }
}
