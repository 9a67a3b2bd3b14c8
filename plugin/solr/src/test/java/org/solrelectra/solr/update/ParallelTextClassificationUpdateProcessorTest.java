package org.solrelectra.solr.update;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrInputDocument;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.update.AddUpdateCommand;
import org.apache.solr.update.processor.UpdateRequestProcessor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.classification.EncoderClassifier;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.solr.FixtureModels;

class ParallelTextClassificationUpdateProcessorTest {
  private static final int BATCH_SIZE = 4;

  @TempDir private Path root;
  private final List<Integer> calls = new ArrayList<>();
  private final List<String> passedOn = new ArrayList<>();
  private ParallelTextClassificationUpdateProcessor processor;

  /** Notes how many sequences each call has; fails for those that hold the word "stadium". */
  private final class Noting implements Encoder {
    private final ModelDirectory model;

    Noting(ModelDirectory model) {
      this.model = model;
    }

    @Override
    public ModelDirectory model() {
      return model;
    }

    @Override
    public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) throws IOException {
      assertEquals(Lane.INDEXING, lane);
      calls.add(batch.size());
      int stadium = model.vocabulary().id("stadium");
      float[][][] outputs = new float[batch.size()][][];
      for (int i = 0; i < outputs.length; i++) {
        TokenSequence sequence = batch.sequences().get(i);
        for (int id : sequence.inputIds()) {
          if (id == stadium) {
            throw new IOException("it broke");
          }
        }
        outputs[i] = new float[][] {{sequence.length(), 0, 0}};
      }
      return new EncoderOutput(outputs);
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void buildChain() throws IOException {
    FixtureModels.write(root);
    EncoderClassifier classifier =
        new EncoderClassifier(
            new Noting(ModelDirectory.open(root.resolve("topics"))), Lane.INDEXING);
    NamedList<Object> arguments = new NamedList<>();
    arguments.add("model", "topics");
    arguments.add("inputField", "text");
    arguments.add("outputField", "label");
    UpdateRequestProcessor last =
        new UpdateRequestProcessor(null) {
          @Override
          public void processAdd(AddUpdateCommand command) {
            SolrInputDocument document = command.getSolrInputDocument();
            passedOn.add(document.getFieldValue("id") + " " + document.getFieldValue("label"));
          }
        };
    TextClassificationUpdateProcessor labelling =
        new TextClassificationUpdateProcessor(
            TextClassificationSettings.of(arguments), classifier, "1", last);
    processor =
        new ParallelTextClassificationUpdateProcessor(List.of(labelling), BATCH_SIZE, labelling);
  }

  /** Adds documents as Solr's readers do, which use one command for all. */
  private void add(Object... texts) throws IOException {
    AddUpdateCommand command = new AddUpdateCommand(null);
    for (int i = 0; i < texts.length; i++) {
      command.clear();
      command.solrDoc = new SolrInputDocument("id", "" + i);
      command.solrDoc.setField("text", texts[i]);
      processor.processAdd(command);
    }
  }

  @Test
  void documentsAreClassifiedTogetherAndPassedOnInTheirOrder() throws IOException {
    add("goal", "goal goal", "election", "goal", " ", "goal election");
    // The fourth text is the first's.
    assertEquals(List.of(3), calls);
    assertEquals(List.of("0 sport", "1 sport", "2 sport", "3 sport"), passedOn);
    processor.finish();
    assertEquals(List.of(3, 1), calls);
    assertEquals(List.of("4 null", "5 sport"), passedOn.subList(4, 6));
  }

  @Test
  void eachOtherCommandComesAfterTheDocumentsBeforeIt() throws IOException {
    add("goal");
    processor.processDelete(null);
    assertEquals(1, passedOn.size());
    add("goal");
    processor.processCommit(null);
    assertEquals(2, passedOn.size());
    add("goal");
    processor.processRollback(null);
    assertEquals(3, passedOn.size());
    add("goal");
    processor.processMergeIndexes(null);
    assertEquals(4, passedOn.size());
  }

  @Test
  void whereOneFailsEachIsTriedAgainAlone() {
    SolrException refusal =
        assertThrows(SolrException.class, () -> add("goal", "stadium", "election", "goal goal"));
    assertEquals(
        "cannot classify fields [text] of document '(uninitialized)': it broke",
        refusal.getMessage());
    assertEquals(List.of(4, 1, 1), calls);
    assertEquals(List.of("0 sport"), passedOn);
  }

  @Test
  void largeDocumentsAreNotHeldBackTogether() throws IOException {
    add("goal ".repeat(500_000), "goal ".repeat(500_000));
    assertEquals(2, passedOn.size());
  }

  @Test
  void whatAnAtomicUpdateSetsCountsToo() throws IOException {
    Object large = "goal ".repeat(500_000);
    add(Map.of("set", large), Map.of("set", List.of("election", large)));
    assertEquals(2, passedOn.size());
  }

  private void assertRefused(String found, Object value) {
    SolrException refusal = assertThrows(SolrException.class, () -> labelling(value));
    assertEquals(SolrException.ErrorCode.BAD_REQUEST.code, refusal.code());
    assertEquals(
        "field 'text' is labelled and must hold text; in document '(uninitialized)' it holds "
            + found,
        refusal.getMessage());
  }

  private void labelling(Object value) throws IOException {
    add(value);
    processor.finish();
  }

  @Test
  void valuesThatAreNoTextAreRefused() {
    SolrInputDocument child = new SolrInputDocument("id", "child", "text", "goal");
    assertRefused("a child document", child);
    assertRefused("a child document", List.of("goal", child));
    assertRefused("bytes", new byte[] {1});
    assertRefused("a child document", Map.of("set", child));
    assertRefused("bytes", Map.of("set", List.of("goal", new byte[] {1})));
    assertRefused("a value of type java.lang.Object", new Object());
    assertEquals(List.of(), passedOn);
  }

  @Test
  void whatSolrIndexesAsTextIsText() throws IOException {
    labelling(List.of("goal", 5, 1.5, true, 'x', new Date(0), new UUID(1, 2), Lane.QUERY));
    assertEquals(List.of("0 sport"), passedOn);
  }
}
