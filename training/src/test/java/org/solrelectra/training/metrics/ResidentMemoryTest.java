package org.solrelectra.training.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ResidentMemoryTest {
  @Test
  void linesAreInKibibytes() {
    String status = "Name:\tjava\nVmPeak:\t    9999 kB\nVmHWM:\t       3 kB\nVmRSS:\t 2 kB\n";
    assertEquals(OptionalLong.of(3072), ResidentMemory.parse(status, "VmHWM"));
    assertEquals(OptionalLong.of(2048), ResidentMemory.parse(status, "VmRSS"));
    assertEquals(OptionalLong.empty(), ResidentMemory.parse("Name:\tjava\n", "VmRSS"));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void itIsAtLeastWhatTheHeapHolds() throws IOException {
    byte[] held = new byte[64 << 20];
    // Memory counts once it is touched.
    for (int page = 0; page < held.length; page += 4096) {
      held[page] = 1;
    }
    long now = ResidentMemory.bytes().orElseThrow();
    assertTrue(now > held.length);
    assertTrue(ResidentMemory.peakBytes().orElseThrow() >= now);
  }
}
