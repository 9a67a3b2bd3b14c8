package org.solrelectra.training.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.solrelectra.training.report.LearningCurve;
import org.solrelectra.training.storage.DurableFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "plot",
    mixinStandardHelpOptions = true,
    description = "Draws a pretraining run's accuracies on held-out documents as a PNG.")
final class PlotCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(names = "--run", required = true, paramLabel = "RUN", description = "The run's folder.")
  private Path run;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The picture to write; its name ends in .png.")
  private Path output;

  @Override
  public Integer call() throws IOException {
    if (!output.toString().endsWith(".png")) {
      throw new IllegalArgumentException("--output must end in .png; --output=" + output);
    }
    DurableFiles.requireNoFolder(output);
    System.setProperty("java.awt.headless", "true");
    LearningCurve.read(run).write(output);
    spec.commandLine().getOut().println("written: " + output);
    return 0;
  }
}
