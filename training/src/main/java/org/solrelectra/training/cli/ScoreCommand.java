package org.solrelectra.training.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.corpus.InvalidCorpusException;
import org.solrelectra.training.corpus.TextLines;
import org.solrelectra.training.dataset.InvalidDatasetException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "score",
    mixinStandardHelpOptions = true,
    description =
        "Reads JSON lines {\"text\": …} or {\"text\": …, \"pair\": …} (UTF-8) from standard input and writes {\"logits\": […]} for each; texts are"
            + " truncated as the model directory says.")
final class ScoreCommand implements Callable<Integer> {
  private static final int LARGEST_BATCH = 64;
  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private ModelOptions model;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (ModelOptions.OpenModel open = model.open();
        TextLines lines =
            new TextLines(System.in, "standard input", TextLines.Content.ANY_CHARACTERS)) {
      TokenBatchBuilder batches = TokenBatchBuilder.of(open.encoder().model());
      List<TokenSequence> waiting = new ArrayList<>();
      long number = 0;
      try {
        for (String line = lines.next(); line != null; line = lines.next()) {
          waiting.add(sequence(batches, line, ++number));
          // What can be read at once is run side by side; who writes a line and waits gets an
          // answer.
          if (waiting.size() == LARGEST_BATCH || !lines.isReady()) {
            write(open.encoder(), waiting, out);
          }
        }
      } catch (InvalidDatasetException | InvalidCorpusException e) {
        // The lines before a broken one are answered, however they were read.
        write(open.encoder(), waiting, out);
        throw e;
      }
      write(open.encoder(), waiting, out);
    }
    return 0;
  }

  private static TokenSequence sequence(TokenBatchBuilder batches, String line, long number)
      throws IOException {
    JsonNode object;
    try {
      object = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidDatasetException(
          "standard input line " + number + " is not JSON: " + Excerpt.of(e.getOriginalMessage()),
          e);
    }
    if (object.hasNonNull("text") && !object.get("text").isTextual()) {
      throw new InvalidDatasetException(
          "standard input line "
              + number
              + ": the key 'text' must be text; text="
              + Excerpt.of(object.get("text")));
    }
    if (!object.path("text").isTextual()) {
      throw new InvalidDatasetException("standard input line " + number + " lacks the key 'text'");
    }
    JsonNode pair = object.path("pair");
    if (!pair.isTextual() && !pair.isNull() && !pair.isMissingNode()) {
      throw new InvalidDatasetException(
          "standard input line "
              + number
              + ": the key 'pair' must be text; pair="
              + Excerpt.of(pair));
    }
    String text = object.get("text").asText();
    TokenBatch batch =
        pair.isTextual()
            ? batches.pairs(text, List.of(pair.asText()))
            : batches.texts(List.of(text));
    return batch.sequences().get(0);
  }

  private static void write(Encoder encoder, List<TokenSequence> waiting, PrintWriter out)
      throws IOException {
    EncoderOutput output = encoder.encode(new TokenBatch(waiting, 0), Deadline.NONE, Lane.QUERY);
    for (int i = 0; i < output.size(); i++) {
      ObjectNode object = new ObjectMapper().createObjectNode();
      ArrayNode logits = object.putArray("logits");
      for (float logit : output.logits(i)) {
        logits.add(logit);
      }
      out.println(object);
    }
    out.flush();
    waiting.clear();
  }
}
