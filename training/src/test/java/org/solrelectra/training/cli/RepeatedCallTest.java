package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class RepeatedCallTest {
  @Test
  void theCallIsMadeAgainWithTheFlag() {
    assertEquals(
        "electra pretrain --corpus a.txt b.txt --vocabulary v.txt --size tiny --steps 5 --output run"
            + " --cased --learning-rate 1e-3 --resume",
        repeated(
            "pretrain --corpus a.txt b.txt --vocabulary v.txt --size tiny --steps=5 --output run"
                + " --cased --learning-rate 1e-3"));
  }

  @Test
  void whatTheFlagForbidsIsLeftOut() {
    assertEquals(
        "electra pretrain --corpus a --vocabulary v --size small --budget 2h --output run --resume",
        repeated(
            "pretrain --corpus a --vocabulary v --size small --init-from old --init-parts body"
                + " --budget 2h --output run"));
  }

  @Test
  void aFlagThatIsThereIsNotRepeated() {
    assertEquals(
        "electra pretrain --resume --corpus a --vocabulary v --size small --output run",
        repeated("pretrain --resume --corpus a --vocabulary v --size small --output run"));
  }

  @Test
  void whatAShellWouldSplitOrExpandIsQuoted() {
    assertEquals(
        "electra pretrain --corpus 'my corpus.txt' '$HOME/it'\\''s' '' --vocabulary v --size tiny"
            + " --output run --resume",
        repeated(
            "pretrain",
            "--corpus",
            "my corpus.txt",
            "$HOME/it's",
            "",
            "--vocabulary",
            "v",
            "--size",
            "tiny",
            "--output",
            "run"));
  }

  private static String repeated(String call) {
    return repeated(call.split(" "));
  }

  private static String repeated(String... arguments) {
    CommandLine.ParseResult parsed = TrainingCli.commandLine().parseArgs(arguments);
    return RepeatedCall.of(parsed.subcommand(), Set.of("--init-from", "--init-parts"), "--resume");
  }
}
