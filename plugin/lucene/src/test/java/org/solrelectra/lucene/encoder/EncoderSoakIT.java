package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.SoakProcess;

/** What a process that serves for long holds: no more memory and threads than in the beginning. */
class EncoderSoakIT {
  /** The profile soak runs and swaps more often. */
  private static final int RUNS = Integer.getInteger("solrelectra.runs", 10_000);

  private static final int SWAPS = Integer.getInteger("solrelectra.swaps", 50);

  /** Most of a small process is its libraries and its Java code. */
  private static final int HEAP_MEGABYTES = 16;

  @TempDir private Path folder;

  @BeforeEach
  void needsTheKernelsNumbers() {
    assumeTrue(Files.exists(SoakProcess.STATUS), "only Linux has " + SoakProcess.STATUS);
  }

  @Test
  void runsLeaveNothingBehindAlsoThoseThatADeadlineEnded()
      throws IOException, InterruptedException {
    soak(EncoderSoak.Work.RUN, RUNS);
  }

  @Test
  void swapsWhileAModelRunsLeaveNothingBehind() throws IOException, InterruptedException {
    soak(EncoderSoak.Work.SWAP, SWAPS);
  }

  private void soak(EncoderSoak.Work work, int steps) throws IOException, InterruptedException {
    SoakProcess.assertHoldsNoMore(
        Path.of("target", "soak", work + ".txt"),
        HEAP_MEGABYTES,
        EncoderSoak.class,
        work,
        FixtureModels.copy("ranker", folder),
        steps);
  }
}
