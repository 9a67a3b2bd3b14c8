package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.solrelectra.lucene.encoder.MemoryGrowth.Excess;

class MemoryGrowthTest {
  private static final long MEGABYTE = 1 << 20;
  private static final long BASELINE = 300 * MEGABYTE;

  private final List<Integer> lengths = new ArrayList<>();

  /**
   * @param memory that a run takes, by its tokens
   */
  private Optional<Excess> excess(int maxTokens, long limit, IntToLongFunction memory)
      throws IOException {
    MemoryGrowth growth =
        new MemoryGrowth(
            () ->
                OptionalLong.of(
                    BASELINE + lengths.stream().mapToLong(memory::applyAsLong).max().orElse(0)),
            limit);
    return growth.excess(maxTokens, lengths::add);
  }

  @Test
  void lengthsDoubleUntilWhatIsLeftCannotBeTooMuch() throws IOException {
    assertEquals(Optional.empty(), excess(512, 6000 * MEGABYTE, tokens -> 100L * tokens));
    assertEquals(List.of(8, 16, 32), lengths);
    lengths.clear();
    assertEquals(Optional.empty(), excess(512, 600 * MEGABYTE, tokens -> 100L * tokens));
    assertEquals(List.of(8, 16, 32, 64), lengths);
    lengths.clear();
    assertEquals(Optional.empty(), excess(512, 2 * MEGABYTE, tokens -> 100L * tokens));
    assertEquals(List.of(8, 16, 32, 64, 128, 256, 512), lengths);
  }

  @Test
  void theGreatestLengthNeedBeNoPowerOfTwo() throws IOException {
    assertEquals(Optional.empty(), excess(100, 1, tokens -> 0));
    assertEquals(List.of(8, 16, 32, 64, 100), lengths);
    lengths.clear();
    assertEquals(Optional.empty(), excess(5, 1, tokens -> 0));
    assertEquals(List.of(5), lengths);
  }

  @Test
  void growthAboveTheLimitEndsTheRuns() throws IOException {
    assertEquals(
        Optional.of(new Excess(32, 64 * MEGABYTE)),
        excess(512, 60 * MEGABYTE, tokens -> tokens <= 16 ? 0 : 2L * tokens * MEGABYTE));
    assertEquals(List.of(8, 16, 32), lengths);
  }

  /** What a machine has not got must not be tried. */
  @Test
  void aLengthThatWillTakeTooMuchIsNotRun() throws IOException {
    IntToLongFunction cubic = tokens -> 64L * tokens * tokens * tokens;
    assertEquals(
        Optional.of(new Excess(512, cubic.applyAsLong(512))), excess(512, 6000 * MEGABYTE, cubic));
    assertEquals(List.of(8, 16, 32, 64, 128, 256), lengths);
    lengths.clear();
    IntToLongFunction fourth = tokens -> 16L * tokens * tokens * tokens * tokens;
    assertEquals(
        Optional.of(new Excess(256, fourth.applyAsLong(256))),
        excess(512, 6000 * MEGABYTE, fourth));
    assertEquals(List.of(8, 16, 32, 64, 128), lengths);
  }

  /** 24 layers share what their attention takes: 16 heads of [seq, seq] some times. */
  @Test
  void aLargeEncoderIsNotTakenForATooLargeOne() throws IOException {
    assertEquals(
        Optional.empty(),
        excess(512, 500 * MEGABYTE, tokens -> 16L * 4 * 4 * tokens * tokens + 60_000L * tokens));
  }

  @Test
  void nothingIsRunWhereTheSystemDoesNotSay() throws IOException {
    MemoryGrowth growth = new MemoryGrowth(OptionalLong::empty, 1);
    assertEquals(Optional.empty(), growth.excess(512, lengths::add));
    assertEquals(List.of(), lengths);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void linuxSaysWhatIsResident() throws IOException {
    long bytes = MemoryGrowth.residentBytes().orElseThrow();
    assertTrue(bytes > 10 * MEGABYTE && bytes < 1_000_000 * MEGABYTE, "bytes=" + bytes);
  }
}
