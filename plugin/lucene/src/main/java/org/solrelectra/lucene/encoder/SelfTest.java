package org.solrelectra.lucene.encoder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ScheduledFuture;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.ModelLimitException;

/**
 * The runs of a model that is being opened: they find out what it gives, what it takes, and whether
 * sequences may share a run. They run on the caller's thread and not in a {@link WorkerPool}'s
 * lanes, where a model would wait for other models' documents, and have a time limit together.
 */
final class SelfTest {
  /** What is run together to compare it: how many sequences of how many tokens. */
  private static final int[][] TESTED_TOGETHER = {{SequenceGroups.MOST_SEQUENCES, 3}, {3, 17}};

  private final ModelDirectory model;
  private final OnnxSession session;
  private final OpeningLimits limits;
  private final Deadline deadline;
  private final RunStop stop;

  SelfTest(ModelDirectory model, OnnxSession session, OpeningLimits limits) {
    this.model = model;
    this.session = session;
    this.limits = limits;
    this.deadline = Deadline.afterMillis(limits.selfTestMillis());
    this.stop = new RunStop(deadline);
  }

  /**
   * What was found.
   *
   * @param excess empty if the model keeps within its memory
   * @param sharesRuns whether short sequences of one length may share a run
   */
  record Result(Optional<MemoryGrowth.Excess> excess, boolean sharesRuns) {}

  /**
   * Runs the model.
   *
   * @param pool what ends the runs at the time limit
   * @throws InvalidModelException if it gives other logits than its directory says, or takes too
   *     long
   */
  Result run(WorkerPool pool) throws IOException {
    ScheduledFuture<?> alarm = pool.at(deadline, stop::terminate);
    try {
      checkOutput();
      Optional<MemoryGrowth.Excess> excess =
          new MemoryGrowth(MemoryGrowth::residentBytes, limits.memoryBytes())
              .excess(model.maxLength(), this::runLength);
      boolean sharesRuns = excess.isEmpty() && !model.hasDynamicScales() && isTheSameInSharedRuns();
      return new Result(excess, sharesRuns);
    } finally {
      if (alarm != null) {
        alarm.cancel(false);
      }
    }
  }

  private void checkOutput() throws IOException {
    int[] ids = {model.vocabulary().clsId(), model.vocabulary().sepId()};
    TokenSequence empty = new TokenSequence(ids, new int[ids.length]);
    int logits = inTime(session.run(List.of(empty), stop))[0][0].length;
    int expected = model.labels().isEmpty() ? ids.length : model.labels().size();
    if (logits != expected) {
      throw new InvalidModelException(
          model.graphFile()
              + " gives "
              + logits
              + " logits for "
              + ids.length
              + " tokens; expected "
              + expected);
    }
  }

  /** What the logits of such a text are is not looked at. */
  private void runLength(int tokens) throws IOException {
    int[] ids = new int[tokens];
    Arrays.fill(ids, model.vocabulary().sepId());
    inTime(session.run(List.of(new TokenSequence(ids, new int[tokens])), stop, result -> tokens));
  }

  private <T> T inTime(Optional<T> result) throws IOException {
    stop.rethrow();
    return result.orElseThrow(
        () ->
            new ModelLimitException(
                ModelLimitException.Limit.TIME,
                model.graphFile()
                    + " takes too long; its self-test may take "
                    + limits.selfTestMillis()
                    + " ms and was ended then"));
  }

  /**
   * Compares runs of some random sequences with runs of the first and the last alone. Which of a
   * processor's ways a product is computed in may depend on its number of rows, and a graph may
   * take a batch of one alone.
   */
  private boolean isTheSameInSharedRuns() throws InvalidModelException {
    Random random = new Random(1);
    for (int[] tested : TESTED_TOGETHER) {
      int length = Math.min(tested[1], model.maxLength());
      List<TokenSequence> sequences = new ArrayList<>();
      for (int i = 0; i < tested[0]; i++) {
        int[] ids = random.ints(length, 0, model.vocabulary().size()).toArray();
        sequences.add(new TokenSequence(ids, new int[length]));
      }
      try {
        float[][][] together = inTime(session.run(sequences, stop));
        for (int i : new int[] {0, sequences.size() - 1}) {
          float[][][] alone = inTime(session.run(sequences.subList(i, i + 1), stop));
          if (!Arrays.deepEquals(alone[0], together[i])) {
            return false;
          }
        }
      } catch (InvalidModelException e) {
        throw e;
      } catch (IOException e) {
        return false;
      }
    }
    return true;
  }
}
