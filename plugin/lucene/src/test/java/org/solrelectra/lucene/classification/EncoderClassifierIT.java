package org.solrelectra.lucene.classification;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.lucene.classification.ClassificationResult;
import org.apache.lucene.util.BytesRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;

class EncoderClassifierIT {
  @TempDir Path folder;
  private WorkerPool pool;
  private OnnxEncoder encoder;
  private EncoderClassifier classifier;

  @BeforeEach
  void openFixture() throws IOException {
    pool = new WorkerPool(1);
    encoder = OnnxEncoder.open(ModelDirectory.open(FixtureModels.copy("classifier", folder)), pool);
    classifier = new EncoderClassifier(encoder, Lane.INDEXING);
  }

  @AfterEach
  void closeAll() throws IOException {
    encoder.close();
    pool.close();
  }

  @Test
  void classesAreAllLabelsTheLikeliestFirst() throws IOException {
    List<ClassificationResult<BytesRef>> classes = classifier.getClasses("money in the bank");
    Set<String> labels = new HashSet<>();
    double sum = 0;
    double before = 1;
    for (ClassificationResult<BytesRef> result : classes) {
      labels.add(result.getAssignedClass().utf8ToString());
      assertTrue(result.getScore() <= before);
      before = result.getScore();
      sum += result.getScore();
    }
    assertEquals(Set.of("business", "sport", "weather"), labels);
    assertEquals(1, sum, 1e-9);
    assertEquals(
        classes.get(0).getAssignedClass(),
        classifier.assignClass("money in the bank").getAssignedClass());
    assertEquals(2, classifier.getClasses("money in the bank", 2).size());
    assertEquals(3, classifier.getClasses("money in the bank", 10).size());
  }

  @Test
  void theTextOfADocumentIsAsMuchOfItsValuesAsTheModelReads() {
    assertEquals(
        Optional.of("money in the bank"), classifier.text(List.of("money in", "the bank")));
    List<String> values = Collections.nCopies(1_000_000, "rain");
    assertEquals(
        (encoder.model().maxLength() - 2) * "rain ".length() - 1,
        classifier.text(values).orElseThrow().length());
    assertEquals(Optional.empty(), classifier.text(List.of()));
    assertEquals(Optional.empty(), classifier.text(List.of(" ", "\u00a0\ufeff", "\u0301")));
  }

  @Test
  void probabilitiesAreTheSoftmaxOfLogitsOverTheTemperature() throws IOException {
    float[] logits =
        encoder
            .encode(
                TokenBatchBuilder.of(encoder.model()).texts(List.of("rain")),
                Deadline.NONE,
                Lane.QUERY)
            .logits(0);
    double temperature = encoder.model().manifest().temperature();
    double[] expected = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      expected[i] = Math.exp(logits[i] / temperature);
    }
    double sum = Arrays.stream(expected).sum();
    assertArrayEquals(
        Arrays.stream(expected).map(value -> value / sum).toArray(),
        classifier.probabilities(List.of("rain")).get(0),
        1e-9);
  }

  @Test
  void anEmptyTextHasLabelsToo() throws IOException {
    assertEquals(3, classifier.getClasses("").size());
  }

  @Test
  void aRankerIsNoClassifier() throws IOException {
    try (OnnxEncoder ranker =
        OnnxEncoder.open(ModelDirectory.open(FixtureModels.copy("ranker", folder)), pool)) {
      assertThrows(
          IllegalArgumentException.class, () -> new EncoderClassifier(ranker, Lane.INDEXING));
    }
  }
}
