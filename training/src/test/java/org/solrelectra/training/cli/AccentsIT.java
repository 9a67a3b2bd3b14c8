package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From German text to a network that knows umlauts, lower-cased. */
class AccentsIT {
  private static final String TEXT =
      "Sie m\u00f6chte gehen und er mochte es.\nDie B\u00e4ren sind gro\u00df, die Baren nicht.\n\n";

  @TempDir private Path folder;

  private CommandRun pretrain(Path corpus, Path vocabulary, Path output, Object... more) {
    Object[] all = new Object[more.length + 4];
    System.arraycopy(new Object[] {"--batch-size", 2, "--sequence-length", 16}, 0, all, 0, 4);
    System.arraycopy(more, 0, all, 4, more.length);
    return CommandRun.pretrain(corpus, vocabulary, output, 1, all);
  }

  @Test
  void accentsAreKeptFromTheTextToTheModel() throws IOException {
    Path text = Files.writeString(folder.resolve("german.txt"), TEXT.repeat(60));
    Path vocabulary = folder.resolve("vocab.txt");
    CommandRun learned =
        CommandRun.of("vocabulary", "--corpus", text, "--no-strip-accents", "--output", vocabulary);
    assertEquals(0, learned.code(), learned.err());
    Path run = folder.resolve("run");
    CommandRun pretrained = pretrain(text, vocabulary, run, "--no-strip-accents");
    assertEquals(0, pretrained.code(), pretrained.err());
    JsonNode config =
        new ObjectMapper().readTree(run.resolve("discriminator/tokenizer_config.json").toFile());
    assertTrue(config.get("do_lower_case").asBoolean());
    assertEquals("false", config.get("strip_accents").toString());
    Path model = folder.resolve("model");
    assertEquals(0, CommandRun.of("export", "--run", run, "--output", model).code());
    CommandRun tokens = CommandRun.withInput("M\u00d6CHTE mochte", "tokenize", "--model", model);
    assertEquals(0, tokens.code(), tokens.err());
    JsonNode ids = new ObjectMapper().readTree(tokens.out()).get("ids");
    List<String> pieces = Files.readAllLines(model.resolve("vocab.txt"));
    assertEquals("m\u00f6chte", pieces.get(ids.get(0).asInt()));
    assertEquals("mochte", pieces.get(ids.get(1).asInt()));
    CommandRun resumed = pretrain(text, vocabulary, run, "--resume");
    assertEquals(
        "electra pretrain: "
            + run
            + " was started with another vocabulary or casing; give the one it was started with",
        resumed.errorLine());
  }

  @Test
  void aVocabularyThatDoesNotFitIsSaidBeforeTheFirstStep() throws IOException {
    Path text = Files.writeString(folder.resolve("german.txt"), TEXT.repeat(60));
    Path vocabulary = folder.resolve("vocab.txt");
    assertEquals(0, CommandRun.of("vocabulary", "--corpus", text, "--output", vocabulary).code());
    // A cased tokenizer finds no upper-case letter in a lower-cased vocabulary.
    Path shouted =
        Files.writeString(
            folder.resolve("shouted.txt"), TEXT.toUpperCase(java.util.Locale.ROOT).repeat(60));
    CommandRun pretrained =
        pretrain(shouted, vocabulary, folder.resolve("run"), "--cased", "--held-out", 0);
    assertEquals(0, pretrained.code(), pretrained.err());
    assertEquals(
        "warning: 82.4 % of tokens are [UNK], of which a network learns nothing: the vocabulary does not fit the text; expected at"
            + " most 20 %; are language and casing the vocabulary's, and do blanks stand between words?",
        pretrained.errorLine());
  }
}
