package org.solrelectra.training.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.function.LongSupplier;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.pretrain.NotEnoughMemoryException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/**
 * The {@code electra} command. Ends with 0, with 1 and one line if the work failed, with 2 and one
 * line if it was called wrongly; {@code --verbose} adds the stack trace.
 */
@Command(
    name = "electra",
    mixinStandardHelpOptions = true,
    version = "electra 0.1.0",
    description = "Pretrains, fine-tunes, exports and evaluates ELECTRA for Lucene and Solr.",
    subcommands = {
      VocabularyCommand.class,
      CorpusCommand.class,
      PretrainCommand.class,
      PrepareCommand.class,
      ImportCommand.class,
      FineTuneCommand.class,
      ExportCommand.class,
      QuantizeCommand.class,
      EvaluateCommand.class,
      TokenizeCommand.class,
      ScoreCommand.class,
      PlotCommand.class,
      ReportCommand.class,
      BenchCommand.class,
      DoctorCommand.class,
      BundleCommand.class,
    })
public final class TrainingCli implements Runnable {
  private static final int FAILURE = 1;
  private static final int USAGE = 2;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of a failure.")
  private boolean verbose;

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** Returns the command line, which a test may call without ending the JVM. */
  static CommandLine commandLine() {
    return commandLine(System::nanoTime);
  }

  /** The same, where a run's seconds are read from another clock than the machine's. */
  static CommandLine commandLine(LongSupplier nanoClock) {
    CommandLine commandLine = new CommandLine(new TrainingCli(), commandFactory(nanoClock));
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setParameterExceptionHandler(TrainingCli::usageError);
    commandLine.setExecutionExceptionHandler(TrainingCli::failure);
    return commandLine;
  }

  private static CommandLine.IFactory commandFactory(LongSupplier nanoClock) {
    return new CommandLine.IFactory() {
      @Override
      public <K> K create(Class<K> type) throws Exception {
        return type == PretrainCommand.class
            ? type.cast(new PretrainCommand(nanoClock))
            : CommandLine.defaultFactory().create(type);
      }
    };
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command; see electra --help");
  }

  private static int usageError(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    command
        .getErr()
        .println(
            command.getCommandSpec().qualifiedName()
                + ": "
                + oneLine(shortened(e.getMessage(), List.of(arguments))));
    return USAGE;
  }

  /** Returns a message in which what the user gave is shown up to 200 characters. */
  private static String shortened(String message, List<String> arguments) {
    String shortened = message;
    for (String argument : arguments) {
      // First what follows the = of an option.
      for (String given : List.of(argument.substring(argument.indexOf('=') + 1), argument)) {
        String excerpt = Excerpt.of(given);
        if (!excerpt.equals(given)) {
          shortened = shortened.replace(given, excerpt);
        }
      }
    }
    return shortened;
  }

  /** Ends the JVM as a failure does, from another thread, whatever the command waits for. */
  static void endAtOnce(IOException e, CommandLine.Model.CommandSpec command) {
    PrintWriter err = command.commandLine().getErr();
    err.println(command.qualifiedName() + ": " + oneLine(describe(e)));
    err.flush();
    Runtime.getRuntime().halt(FAILURE);
  }

  private static int failure(Exception e, CommandLine command, ParseResult parsed) {
    Throwable cause = e instanceof UncheckedIOException ? e.getCause() : e;
    PrintWriter err = command.getErr();
    err.println(
        command.getCommandSpec().qualifiedName()
            + ": "
            + oneLine(shortened(describe(cause), parsed.originalArgs())));
    if (((TrainingCli) command.getCommandSpec().root().userObject()).verbose) {
      cause.printStackTrace(err);
    }
    return cause instanceof IllegalArgumentException ? USAGE : FAILURE;
  }

  /** The JDK's file exceptions say a path and leave what happened to the class name. */
  private static String describe(Throwable e) {
    if (e instanceof NoSuchFileException) {
      return e.getMessage() + " does not exist";
    }
    if (e instanceof FileAlreadyExistsException) {
      return e.getMessage() + " exists already";
    }
    if (e instanceof AccessDeniedException) {
      return e.getMessage() + " may not be read or written";
    }
    if (e instanceof IOException
        || e instanceof IllegalArgumentException
        || e instanceof ArithmeticException
        || e instanceof NotEnoughMemoryException) {
      return e.getMessage() == null ? e.toString() : e.getMessage();
    }
    return e.toString();
  }

  private static String oneLine(String message) {
    return message == null ? "" : message.replaceAll("\\s*[\\r\\n]+\\s*", " ");
  }
}
