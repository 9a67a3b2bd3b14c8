package org.solrelectra.training.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far a long command is: a bar on a terminal, else a line now and then. */
final class ProgressDisplay implements AutoCloseable {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(30);

  private final ProgressBar bar;
  private final PrintWriter out;
  private final long total;
  private final long first;
  private final long startNanos = System.nanoTime();
  private long lastLineNanos = startNanos - BETWEEN_LINES.toNanos();

  ProgressDisplay(String task, long first, long total, PrintWriter out) {
    this(first, total, out, bar(task, first, total));
  }

  private ProgressDisplay(long first, long total, PrintWriter out, ProgressBar bar) {
    this.first = first;
    this.total = total;
    this.out = out;
    this.bar = bar;
  }

  /** Shows nothing: of several processes one talks to the user. */
  static ProgressDisplay hidden() {
    return new ProgressDisplay(0, 0, new PrintWriter(Writer.nullWriter()), null);
  }

  private static ProgressBar bar(String task, long first, long total) {
    return isTerminal()
        ? new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(500)
            .startsFrom(first, Duration.ZERO)
            .build()
        : null;
  }

  /** A console object exists from JDK 22 on even where there is no terminal; then it says so. */
  private static boolean isTerminal() {
    java.io.Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean)
          MethodHandles.publicLookup()
              .findVirtual(
                  java.io.Console.class, "isTerminal", MethodType.methodType(boolean.class))
              .invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (Throwable e) {
      throw new IllegalStateException("Console.isTerminal failed", e);
    }
  }

  /** Says that {@code done} of all are done; time may have passed the end. */
  void update(long done, String message) {
    if (bar != null) {
      bar.stepTo(Math.min(done, total));
      bar.setExtraMessage(message);
      return;
    }
    long now = System.nanoTime();
    if (now - lastLineNanos >= BETWEEN_LINES.toNanos() || done >= total) {
      lastLineNanos = now;
      double seconds = (now - startNanos) / 1e9;
      String left = "";
      if (done > first) {
        long more = Math.max(0, Math.round(seconds / (done - first) * (total - done)));
        left = "  " + Duration.ofSeconds(more).toString().substring(2) + " left";
      }
      out.printf(Locale.ROOT, "%d/%d  %s%s%n", done, total, message, left);
      out.flush();
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
