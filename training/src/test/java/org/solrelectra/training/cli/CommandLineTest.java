package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.training.SmallCorpus;
import org.solrelectra.training.task.ModelTask;
import org.solrelectra.training.task.Tasks;
import picocli.CommandLine;

/** What every command does alike: help, exit codes, one line for an error. */
class CommandLineTest {
  @TempDir private Path folder;

  static Stream<String> commands() {
    List<String> names = new ArrayList<>(List.of(""));
    collect("", TrainingCli.commandLine(), names);
    assertTrue(names.containsAll(List.of("vocabulary", "pretrain", "bench pretrain")));
    return names.stream();
  }

  private static void collect(String prefix, CommandLine command, List<String> names) {
    for (Map.Entry<String, CommandLine> entry : command.getSubcommands().entrySet()) {
      names.add(prefix + entry.getKey());
      collect(prefix + entry.getKey() + " ", entry.getValue(), names);
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelp(String command) {
    String call = (command + " --help").strip();
    CommandRun run = CommandRun.of((Object[]) call.split(" "));
    assertEquals(0, run.code());
    assertEquals("", run.err());
    assertTrue(run.out().startsWith(("Usage: electra " + command).strip()), run.out());
    assertTrue(run.out().contains("--verbose"), run.out());
  }

  /** No task is named in an option: what each reads and is measured by stands in its own words. */
  @ParameterizedTest
  @ValueSource(strings = {"finetune", "evaluate", "quantize"})
  void helpDescribesEachTask(String command) {
    String help = CommandRun.of(command, "--help").out().replaceAll("\\s+", " ");
    for (ModelTask<?> task : Tasks.all()) {
      String line = task.name() + " (" + task.usualEpochs() + " epochs): " + task.description();
      assertTrue(help.contains(line), help);
    }
  }

  @Test
  void aTaskThatIsNotThereIsNamedWithThoseThatAre() {
    CommandRun run =
        CommandRun.of(
            "finetune",
            "--task",
            "sing",
            "--model",
            "a",
            "--train",
            "b",
            "--dev",
            "c",
            "--output",
            "d");
    assertEquals(2, run.code());
    assertEquals(
        "electra finetune: --task must be one of [classify, multi-label, rank, regression];"
            + " --task=sing",
        run.errorLine());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '~',
      value = {
        "-- # electra: Missing command; see electra --help",
        "pretrian # electra: Unmatched argument at index 0: 'pretrian'",
        "bench # electra bench: Missing command; see electra bench --help",
        "vocabulary --corpus a" + " # electra vocabulary: Missing required option: '--output=FILE'",
        "vocabulary --corpus a --output b --size many"
            + " # electra vocabulary: Invalid value for option '--size': 'many' is not an int",
        "vocabulary --corpus a --output b --size 99"
            + " # electra vocabulary: size must be at least 100; size=99",
        "pretrain --corpus a --vocabulary b --size huge --steps 1 --output c"
            + " # electra pretrain: Invalid value for option '--size': expected one of"
            + " [TINY, SMALL, BASE, LARGE] (case-insensitive) but was 'huge'",
        "pretrain --corpus a --vocabulary b --size tiny --steps 1 --output c --rate-scaling sqrt --learning-rate 1e-3"
            + " # electra pretrain: --rate-scaling scales the size's learning rate: leave out --learning-rate=0.001",
        "pretrain --corpus a --vocabulary b --size tiny --steps 1 --output c --vocabulary-multiple 0"
            + " # electra pretrain: vocabularyMultiple must be in 1..1024; vocabularyMultiple=0",
        "pretrain --corpus a --vocabulary b --size tiny --steps 1 --output c --batch-tokens 100"
            + " # electra pretrain: --batch-tokens must be a multiple of the sequence length of 128; --batch-tokens=100",
        "pretrain --corpus a --vocabulary b --size tiny --steps 1 --output c --batch-tokens 256 --batch-size 2"
            + " # electra pretrain: --batch-size and --batch-tokens say the same: leave one out; --batch-size=2,"
            + " --batch-tokens=256",
        "bench pretrain --peak-tflops 0"
            + " # electra bench pretrain: --peak-tflops must be above 0; --peak-tflops=0.0",
        "pretrain --corpus a --vocabulary b --size tiny --output c"
            + " # electra pretrain: a new run needs --steps or --budget",
        "pretrain --corpus a --vocabulary b --size tiny --output c --steps 0"
            + " # electra pretrain: --steps must be at least 1; --steps=0",
        "pretrain --corpus a --vocabulary b --size tiny --output c --steps 1 --budget 2h"
            + " # electra pretrain: --budget says when to stop, as --steps does: leave out one of them",
        "pretrain --corpus a --vocabulary b --size tiny --output c --budget 2h --schedule-steps 5"
            + " # electra pretrain: --budget says where the learning rate reaches 0, as --schedule-steps does:"
            + " leave out one of them",
        "pretrain --corpus a --vocabulary b --size tiny --output c --budget 120m --warmup-steps 5"
            + " # electra pretrain: --warmup-steps cannot be said with a time as --budget, of which warm-up is a"
            + " share; --budget=2h",
        "pretrain --corpus a --vocabulary b --size tiny --output c --budget 2H"
            + " # electra pretrain: Invalid value for option '--budget': budget must be a time (90s, 20m, 2h) or"
            + " tokens (50000-tokens, 20K-tokens, 300M-tokens, 1.02B-tokens); budget=2H",
        "pretrain --corpus a --vocabulary b --size tiny --output c --budget 16K-tokens"
            + " # electra pretrain: budget must be at least a step, 16384 tokens (sequences a step times tokens a"
            + " sequence); budget=16K-tokens",
        "export --output a"
            + " # electra export: Error: Missing required argument (specify one of these):"
            + " (--run=RUN | --checkpoint=CHECKPOINT)",
        "import --from a # electra import: Missing required option: '--output=DIR'",
        "tokenize --model a --vocabulary b"
            + " # electra tokenize: Error: --model=DIR and (--vocabulary=FILE [--cased]) are mutually exclusive"
            + " (specify only one)",
        "tokenize --model a --no-such-option"
            + " # electra tokenize: Unknown option: '--no-such-option'",
      })
  void wrongUsageIsTwoAndOneLine(String call, String message) {
    CommandRun run =
        call.equals("--") ? CommandRun.of() : CommandRun.of((Object[]) call.split(" "));
    assertEquals(2, run.code());
    assertEquals(message, run.errorLine());
    assertEquals("", run.out());
  }

  @Test
  void failureIsOneAndOneLine() {
    Path missing = folder.resolve("missing.txt");
    CommandRun run =
        CommandRun.of("vocabulary", "--corpus", missing, "--output", folder.resolve("vocab.txt"));
    assertEquals(1, run.code());
    assertEquals(
        "electra vocabulary: " + missing + " is not a file; expected UTF-8 text, .gz or .xz",
        run.errorLine());
    assertEquals("", run.out());
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void verbosePrintsTheStackTrace(boolean first) {
    Path missing = folder.resolve("missing.txt");
    List<Object> arguments =
        new ArrayList<>(
            List.of("vocabulary", "--corpus", missing, "--output", folder.resolve("vocab.txt")));
    arguments.add(first ? 0 : arguments.size(), "--verbose");
    CommandRun run = CommandRun.of(arguments.toArray());
    assertEquals(1, run.code());
    List<String> lines = run.err().lines().toList();
    assertTrue(lines.get(0).startsWith("electra vocabulary: " + missing), run.err());
    assertTrue(
        lines.stream().anyMatch(line -> line.contains("at org.solrelectra.training.corpus.")),
        run.err());
  }

  @Test
  void missingFilesAreNamed() {
    Path missing = folder.resolve("missing");
    CommandRun model = CommandRun.withInput("", "tokenize", "--vocabulary", missing);
    assertEquals(1, model.code());
    assertEquals("electra tokenize: " + missing + " does not exist", model.errorLine());
    CommandRun export = CommandRun.of("export", "--run", missing, "--output", folder.resolve("x"));
    assertEquals(1, export.code());
    assertEquals(
        "electra export: "
            + missing.resolve("discriminator")
            + " is not a model directory: it holds no config.json",
        export.errorLine());
  }

  /** Each command that takes files, given a folder of that name. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "vocabulary --corpus TEXT --output FOLDER # the name of a file is expected where a folder is; output=FOLDER",
        "report --run RUN --output FOLDER.html # the name of a file is expected where a folder is; output=FOLDER.html",
        "plot --run RUN --output FOLDER.png # the name of a file is expected where a folder is; output=FOLDER.png",
        "prepare sst2 --input TEXT --output FOLDER # the name of a file is expected where a folder is; output=FOLDER",
        "prepare sst2 --input TEXT --output x --dev-output FOLDER # the name of a file is expected where a folder is;"
            + " output=FOLDER",
        "prepare sst2 --input FOLDER --output OTHER # FOLDER is a folder; expected a file",
        "prepare banking77 --input FOLDER --output OTHER # FOLDER is a folder; expected a file",
        "vocabulary --corpus C:\\data\\a.txt --output OTHER # C:\\data\\a.txt is not a file; expected UTF-8 text, .gz or .xz",
        "corpus --input a.txt --vocabulary C:\\v.txt --output OTHER # C:\\v.txt does not exist",
      })
  void foldersAndForeignPathsAreNamed(String call, String message) throws IOException {
    Path text = SmallCorpus.writeText(folder, 5);
    Path directory = Files.createDirectory(folder.resolve("folder"));
    Files.createDirectory(folder.resolve("folder.html"));
    Files.createDirectory(folder.resolve("folder.png"));
    Path other = folder.resolve("other");
    Object[] arguments =
        call.replace("TEXT", text.toString())
            .replace("FOLDER", directory.toString())
            .replace("OTHER", other.toString())
            .replace("RUN", directory.toString())
            .split(" ");
    CommandRun run = CommandRun.of(arguments);
    assertEquals(
        "electra "
            + arguments[0]
            + ": "
            + message.replace("FOLDER", directory.toString()).replace("RUN", directory.toString()),
        run.errorLine());
    assertFalse(Files.exists(other));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "pretrain --corpus a --vocabulary b --output c --size LONG # Invalid value for option '--size': expected one of"
            + " [TINY, SMALL, BASE, LARGE] (case-insensitive) but was 'LONG'",
        "report --run a --output=LONG # --output must end in .html; --output=LONG",
        "vocabulary --corpus LONG --output x # LONG is not a file; expected UTF-8 text, .gz or .xz",
        "tokenize --LONG # Unknown option: '--LONG'",
      })
  void aLongArgumentIsShownInPart(String call, String message) {
    String value = "x".repeat(100_000);
    Object[] arguments = call.replace("LONG", value).split(" ");
    boolean option = call.contains("--LONG");
    String shown =
        option
            ? message.replace("--LONG", "--" + "x".repeat(197) + "…")
            : message.replace("LONG", "x".repeat(199) + "…");
    CommandRun run = CommandRun.of(arguments);
    assertEquals("electra " + arguments[0] + ": " + shown, run.errorLine());
  }

  @Test
  void accentsAreKeptByTokenizeToo() throws IOException {
    Path vocabulary =
        Files.writeString(
            folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsch\u00f6n\nschon\n");
    for (String option : List.of("--no-strip-accents", "--special-tokens")) {
      CommandRun run =
          CommandRun.withInput("Sch\u00f6n", "tokenize", "--vocabulary", vocabulary, option);
      assertEquals(
          "{\"ids\":[" + (option.equals("--no-strip-accents") ? 5 : 6) + "],\"offsets\":[[0,5]]}",
          run.out().strip());
    }
    assertEquals(
        "electra tokenize: --no-strip-accents belongs to --vocabulary; a model says itself what it does; --model=a",
        CommandRun.of("tokenize", "--model", "a", "--no-strip-accents").errorLine());
  }

  @Test
  void aCorpusThatIsNotTextLeavesNoVocabulary() throws IOException {
    Path vocabulary = folder.resolve("vocab.txt");
    Path empty = Files.createFile(folder.resolve("empty.txt"));
    Path binary = folder.resolve("binary.txt");
    Files.write(binary, new byte[] {'a', 0, 1});
    Path broken = folder.resolve("broken.txt");
    Files.write(broken, new byte[] {'a', '\n', 'b', (byte) 0xff});
    Map<Path, String> messages =
        Map.of(
            empty, "the corpus holds no text; files: [" + empty + "]",
            binary, binary + " is a binary file; expected UTF-8 text; NUL at byte 1",
            broken, broken + " is not UTF-8 text; malformed at byte 3: 0xff");
    messages.forEach(
        (corpus, message) -> {
          CommandRun run = CommandRun.of("vocabulary", "--corpus", corpus, "--output", vocabulary);
          assertEquals(1, run.code());
          assertEquals("electra vocabulary: " + message, run.errorLine());
          assertFalse(Files.exists(vocabulary));
        });
  }

  @Test
  void aVocabularyIsLearnedFromText() throws IOException {
    Path vocabulary = folder.resolve("new/vocab.txt");
    CommandRun run =
        CommandRun.of(
            "vocabulary",
            "--corpus",
            SmallCorpus.writeText(folder, 100),
            "--size",
            "120",
            "--output",
            vocabulary);
    assertEquals(0, run.code(), run.err());
    List<String> pieces = Files.readAllLines(vocabulary);
    assertEquals(pieces.size() + " pieces written to " + vocabulary, run.out().strip());
    assertEquals(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), pieces.subList(0, 5));
    assertTrue(pieces.contains("money"), pieces.toString());
    try (Stream<Path> left = Files.list(vocabulary.getParent())) {
      assertEquals(List.of(vocabulary), left.toList());
    }
  }
}
