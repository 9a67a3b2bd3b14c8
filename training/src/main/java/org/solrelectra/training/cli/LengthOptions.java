package org.solrelectra.training.cli;

import java.nio.file.Path;
import org.solrelectra.training.pretrain.Budget;
import org.solrelectra.training.pretrain.PretrainingConfig;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How long pretraining is, and its learning rate's schedule. */
final class LengthOptions {
  @Option(
      names = "--steps",
      description =
          "Updates in all, those before --resume included. A new run needs this or --budget.")
  private Long steps;

  @Option(
      names = "--budget",
      paramLabel = "TIME|TOKENS",
      converter = BudgetConverter.class,
      description =
          "Instead of --steps, what the run may use up: a time (90s, 20m, 2h) or tokens (50000-tokens, 20K-tokens,"
              + " 300M-tokens, 1.02B-tokens). The learning rate reaches 0 as it is used up. Tokens are as many whole steps"
              + " as they are enough for. Time is the run's seconds, those for measuring and saving and those before"
              + " --resume included; the rate follows the clock, over a warm-up of 6 %% of the time (1 %% with --recipe"
              + " paper), so such a run cannot be repeated bit for bit.")
  private Budget budget;

  @Option(
      names = "--schedule-steps",
      description =
          "The step at which the learning rate reaches 0, at least --steps. Larger than --steps to stop early and go on"
              + " later with --resume. Default: --steps.")
  private Long scheduleSteps;

  @Option(
      names = "--warmup-steps",
      description =
          "Steps over which the rate grows while it already decays. The paper has 10,000 of 1 M; a short run would end"
              + " before. Not with a time as --budget. Default: the smaller of 10,000 and 6 %% of the schedule.")
  private Long warmupSteps;

  /** Refuses what is missing and what contradicts each other. */
  void requireSense(boolean resume) {
    if (steps == null && budget == null && !resume) {
      throw new IllegalArgumentException("a new run needs --steps or --budget");
    }
    if (budget != null && steps != null) {
      throw new IllegalArgumentException(
          "--budget says when to stop, as --steps does: leave out one of them");
    }
    if (budget != null && scheduleSteps != null) {
      throw new IllegalArgumentException(
          "--budget says where the learning rate reaches 0, as --schedule-steps does: leave out one of"
              + " them");
    }
    if (budgetSeconds() != null && warmupSteps != null) {
      throw new IllegalArgumentException(
          "--warmup-steps cannot be said with a time as --budget, of which warm-up is a share;"
              + " --budget="
              + budget);
    }
    if (steps != null && steps < 1) {
      throw new IllegalArgumentException("--steps must be at least 1; --steps=" + steps);
    }
  }

  /** Refuses steps for a run that has a budget of time, and the other way round. */
  void requireUnitOf(PretrainingConfig recorded, Path run) {
    if (recorded.isTimed()) {
      Budget time = new Budget(Budget.Kind.SECONDS, recorded.budgetSeconds());
      String counted =
          steps != null
              ? "--steps=" + steps
              : scheduleSteps != null
                  ? "--schedule-steps=" + scheduleSteps
                  : warmupSteps != null ? "--warmup-steps=" + warmupSteps : null;
      if (budget != null && !budget.equals(time)) {
        counted = "--budget=" + budget;
      }
      if (counted != null) {
        throw new IllegalArgumentException(
            run + " was started with --budget=" + time + ", which goes on; " + counted);
      }
    } else if (budgetSeconds() != null) {
      throw new IllegalArgumentException(
          run
              + " was started with a schedule of "
              + recorded.scheduleSteps()
              + " steps, which goes on; --budget="
              + budget);
    }
  }

  /**
   * Returns where this call is to stop, in the unit of the schedule.
   *
   * @throws IllegalArgumentException if that is beyond the schedule
   */
  double end(PretrainingConfig config) {
    if (steps == null) {
      return config.schedule().length();
    }
    if (steps > config.scheduleSteps()) {
      throw new IllegalArgumentException(
          "--steps must be in 1..--schedule-steps="
              + config.scheduleSteps()
              + ", for the learning rate is 0 from there on; --steps="
              + steps);
    }
    return steps;
  }

  Long warmupSteps() {
    return warmupSteps;
  }

  /** Returns where the options say that the schedule ends; null if they do not, or in seconds. */
  Long scheduleSteps(long tokensPerStep) {
    return budget != null && budget.kind() == Budget.Kind.TOKENS
        ? Long.valueOf(budget.steps(tokensPerStep))
        : scheduleSteps;
  }

  /** The same for a new run, where {@code --steps} is the default. */
  long newScheduleSteps(long tokensPerStep) {
    Long said = scheduleSteps(tokensPerStep);
    return said != null ? said : steps;
  }

  /** Returns a budget of time; null without one. */
  Long budgetSeconds() {
    return budget != null && budget.kind() == Budget.Kind.SECONDS ? budget.amount() : null;
  }

  /** Keeps the message, which picocli wraps otherwise. */
  private static final class BudgetConverter implements ITypeConverter<Budget> {
    @Override
    public Budget convert(String text) {
      try {
        return Budget.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
