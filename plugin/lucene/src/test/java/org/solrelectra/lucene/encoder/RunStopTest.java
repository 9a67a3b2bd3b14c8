package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunStopTest {
  private final RunStop stop = new RunStop(Deadline.afterMillis(1));
  private final List<String> calls = new ArrayList<>();

  private RunStop.Run run(String name) {
    return terminate -> calls.add(name + " " + terminate);
  }

  @Test
  void runsUnderWayAreEndedAndOthersAreNot() throws IOException, OrtException {
    RunStop.Run ended = run("ended");
    stop.register(ended);
    stop.register(run("running"));
    stop.unregister(ended);
    stop.terminate();
    stop.register(run("late"));
    assertEquals(List.of("ended false", "running false", "running true", "late true"), calls);
    assertTrue(stop.isTerminated());
    stop.rethrow();
  }

  /** Else the others would run on, and whoever waits for them past its deadline. */
  @Test
  void aRunThatCannotBeEndedIsReportedAndTheOthersAreEnded() throws OrtException {
    List<OrtException> failures = List.of(new OrtException("one"), new OrtException("two"));
    for (OrtException failure : failures) {
      stop.register(run("before " + failure.getMessage()));
      stop.register(
          terminate -> {
            if (terminate) {
              throw failure;
            }
          });
      stop.register(run("after " + failure.getMessage()));
    }
    calls.clear();
    stop.terminate();
    calls.sort(null);
    assertEquals(
        List.of("after one true", "after two true", "before one true", "before two true"), calls);
    IOException thrown = assertThrows(IOException.class, stop::rethrow);
    assertTrue(
        List.of(
                "a run could not be ended at its deadline: one",
                "a run could not be ended at its deadline: two")
            .contains(thrown.getMessage()),
        thrown.getMessage());
    assertEquals(2, thrown.getSuppressed().length);
    assertTrue(failures.containsAll(Arrays.asList(thrown.getSuppressed())));
  }
}
