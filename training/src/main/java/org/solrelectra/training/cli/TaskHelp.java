package org.solrelectra.training.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.solrelectra.training.task.ModelTask;
import org.solrelectra.training.task.Tasks;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;

/** Ends a command's help with what each task says of itself. */
final class TaskHelp implements IModelTransformer {
  @Override
  public CommandSpec transform(CommandSpec command) {
    List<String> lines = new ArrayList<>(List.of("", "Tasks:"));
    for (ModelTask<?> task : Tasks.all()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  %s (%d epochs): %s",
              task.name(),
              task.usualEpochs(),
              task.description()));
    }
    command.usageMessage().footer(lines.toArray(String[]::new));
    return command;
  }
}
