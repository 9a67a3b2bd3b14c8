package org.solrelectra.training.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.solrelectra.training.report.HtmlReport;
import org.solrelectra.training.report.ReportedRun;
import org.solrelectra.training.report.XAxis;
import org.solrelectra.training.storage.DurableFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description =
        "Draws what pretraining runs measured as one HTML page: a table of the runs and a chart of each metric, all runs"
            + " in each. The page loads nothing else. (For Markdown, plot draws a PNG.)")
final class ReportCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--run",
      required = true,
      arity = "1..*",
      paramLabel = "RUN",
      description = "Folders of runs, also of one that is still going on.")
  private List<Path> folders;

  @Option(
      names = "--name",
      arity = "1..*",
      paramLabel = "NAME",
      description =
          "What to call the runs, as many as there are. Default: their folders' names, or the paths as given where"
              + " those are not distinct.")
  private List<String> names;

  @Option(
      names = "--x",
      defaultValue = "tokens",
      description =
          "What to draw against: ${COMPLETION-CANDIDATES}, in any case of letters. Default: ${DEFAULT-VALUE}.")
  private XAxis across;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The page to write; its name ends in .html.")
  private Path output;

  @Override
  public Integer call() throws IOException {
    if (!output.toString().endsWith(".html")) {
      throw new IllegalArgumentException("--output must end in .html; --output=" + output);
    }
    DurableFiles.requireNoFolder(output);
    List<String> called = names == null ? folderNames() : names;
    if (called.size() != folders.size()) {
      throw new IllegalArgumentException(
          "--name must be given once for each --run; runs: "
              + folders.size()
              + ", names: "
              + called.size());
    }
    List<ReportedRun> runs = new ArrayList<>();
    for (int i = 0; i < folders.size(); i++) {
      runs.add(ReportedRun.read(folders.get(i), called.get(i)));
    }
    String html = new HtmlReport(runs, across).html();
    Files.createDirectories(output.toAbsolutePath().getParent());
    DurableFiles.write(output, html);
    spec.commandLine().getOut().println("written: " + output);
    return 0;
  }

  private List<String> folderNames() {
    List<String> last = folders.stream().map(ReportCommand::folderName).toList();
    return last.stream().distinct().count() == folders.size()
        ? last
        : folders.stream().map(Path::toString).toList();
  }

  private static String folderName(Path folder) {
    // A root has no name.
    return Objects.requireNonNullElse(folder.toAbsolutePath().normalize().getFileName(), folder)
        .toString();
  }
}
