package org.solrelectra.training.cli;

import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;

/** What goes well, but perhaps not as the user meant it: a line each on standard error. */
final class Warnings {
  private Warnings() {}

  /** Returns what prints warnings where a command prints its errors. */
  static Consumer<String> to(CommandSpec command) {
    return warning -> command.commandLine().getErr().println("warning: " + warning);
  }
}
