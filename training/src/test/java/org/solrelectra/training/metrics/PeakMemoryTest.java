package org.solrelectra.training.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class PeakMemoryTest {
  @Test
  void theHighWaterMarkIsInKibibytes() {
    assertEquals(
        OptionalLong.of(3072),
        PeakMemory.parse(
            "Name:\tjava\nVmPeak:\t    9999 kB\nVmHWM:\t       3 kB\nVmRSS:\t 2 kB\n"));
    assertEquals(OptionalLong.empty(), PeakMemory.parse("Name:\tjava\n"));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void itIsAtLeastWhatTheHeapHolds() throws IOException {
    byte[] held = new byte[64 << 20];
    // Memory counts once it is touched.
    for (int page = 0; page < held.length; page += 4096) {
      held[page] = 1;
    }
    assertTrue(PeakMemory.bytes().orElseThrow() > held.length);
  }
}
