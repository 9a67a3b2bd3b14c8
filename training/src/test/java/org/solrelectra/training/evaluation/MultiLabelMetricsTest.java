package org.solrelectra.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class MultiLabelMetricsTest {
  private static final double ROUNDING = 1e-12;

  private static boolean[] row(int... values) {
    boolean[] row = new boolean[values.length];
    for (int i = 0; i < values.length; i++) {
      row[i] = values[i] == 1;
    }
    return row;
  }

  /** Labels: 2 hits and 1 missed; 1 hit and 1 too much; never true, never said. */
  @Test
  void decisionsAreCountedByLabelAndTogether() {
    List<boolean[]> truth = List.of(row(1, 0, 0), row(1, 1, 0), row(1, 0, 0), row(0, 0, 0));
    List<boolean[]> said = List.of(row(1, 0, 0), row(1, 1, 0), row(0, 1, 0), row(0, 0, 0));
    MultiLabelMetrics metrics = MultiLabelMetrics.of(truth, said);
    assertEquals(6 / 8.0, metrics.microF1(), ROUNDING);
    assertEquals((4 / 5.0 + 2 / 3.0 + 0) / 3, metrics.macroF1(), ROUNDING);
    assertEquals(3 / 4.0, metrics.exactMatch(), ROUNDING);
  }

  @Test
  void nothingToCompareIsRefused() {
    assertEquals(
        "truth and predicted must be of one length above 0; truth=1, predicted=0",
        assertThrows(
                IllegalArgumentException.class,
                () -> MultiLabelMetrics.of(List.of(row(1)), List.of()))
            .getMessage());
  }
}
