package org.solrelectra.lucene.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.FixtureModels;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;

class CrossEncoderRescorerIT {
  private static final List<String> PASSAGES =
      List.of("the bank", "money in the bank", "rain", "the market and the money", "");

  @TempDir Path folder;
  private WorkerPool pool;
  private OnnxEncoder encoder;
  private CrossEncoder crossEncoder;
  private Directory index;
  private IndexSearcher searcher;

  @BeforeEach
  void indexPassages() throws IOException {
    pool = new WorkerPool(1);
    encoder = OnnxEncoder.open(ModelDirectory.open(FixtureModels.copy("ranker", folder)), pool);
    crossEncoder = new CrossEncoder(encoder);
    index = new ByteBuffersDirectory();
    try (IndexWriter writer =
        new IndexWriter(index, new IndexWriterConfig(new StandardAnalyzer()))) {
      for (String passage : PASSAGES) {
        Document document = new Document();
        document.add(new TextField("body", passage, TextField.Store.YES));
        document.add(new StoredField("title", "about"));
        writer.addDocument(document);
      }
    }
    searcher = new IndexSearcher(DirectoryReader.open(index));
  }

  @AfterEach
  void closeAll() throws IOException {
    searcher.getIndexReader().close();
    index.close();
    encoder.close();
    pool.close();
  }

  private CrossEncoderRescorer rescorer(ReRankOperator operator, double weight, String... fields) {
    return new CrossEncoderRescorer(
        crossEncoder,
        "money",
        new PassageSource(List.of(fields)),
        WindowPolicy.BEGINNING,
        operator,
        weight);
  }

  private float[] logits(List<String> passages) throws IOException {
    return crossEncoder.score("money", passages, WindowPolicy.BEGINNING, Deadline.NONE).logits();
  }

  @Test
  void hitsComeBackInTheOrderOfTheirLogits() throws IOException {
    TopDocs first = searcher.search(new MatchAllDocsQuery(), 10);
    float[] logits = logits(PASSAGES);
    TopDocs second = rescorer(ReRankOperator.REPLACE, 1, "body").rescore(searcher, first, 3);
    List<Float> expected = new ArrayList<>();
    for (float logit : logits) {
      expected.add(logit);
    }
    expected.sort((a, b) -> Float.compare(b, a));
    assertEquals(
        expected.subList(0, 3), Arrays.stream(second.scoreDocs).map(hit -> hit.score).toList());
    for (ScoreDoc hit : second.scoreDocs) {
      assertEquals(logits[hit.doc], hit.score);
    }
    assertEquals(first.totalHits, second.totalHits);
    assertEquals(1f, first.scoreDocs[0].score, "the given hits stay as they were");
  }

  @Test
  void fieldsAreJoinedInTheirOrder() throws IOException {
    ScoreDoc[] hits = searcher.search(new MatchAllDocsQuery(), 1).scoreDocs;
    float[] joined =
        rescorer(ReRankOperator.REPLACE, 1, "title", "body")
            .score(searcher, hits, Deadline.NONE)
            .logits();
    assertEquals(logits(List.of("about the bank"))[0], joined[0]);
  }

  @Test
  void theExplanationHasTheScoreOfTheHit() throws IOException {
    CrossEncoderRescorer rescorer = rescorer(ReRankOperator.ADD, 2, "body");
    TopDocs first = searcher.search(new MatchAllDocsQuery(), 10);
    ScoreDoc best = rescorer.rescore(searcher, first, 1).scoreDocs[0];
    Explanation explanation =
        rescorer.explain(searcher, searcher.explain(new MatchAllDocsQuery(), best.doc), best.doc);
    assertEquals(best.score, explanation.getValue().floatValue());
    assertTrue(explanation.toString().contains("weight * logit"), explanation.toString());
  }

  @Test
  void aDeadlineLeavesPassagesUnscored() throws IOException {
    CrossEncoder.Scores scores =
        crossEncoder.score("money", PASSAGES, WindowPolicy.BEGINNING, Deadline.afterMillis(-1));
    assertEquals(0, scores.scored());
    assertFalse(scores.isScored(0));
  }

  @Test
  void aWeightOfNothingIsRefused() {
    for (double weight : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(
          IllegalArgumentException.class, () -> rescorer(ReRankOperator.ADD, weight, "body"));
    }
    assertThrows(IllegalArgumentException.class, () -> new PassageSource(List.of()));
  }

  @Test
  void aClassifierIsNoRanker() throws IOException {
    try (OnnxEncoder classifier =
        OnnxEncoder.open(ModelDirectory.open(FixtureModels.copy("classifier", folder)), pool)) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> new CrossEncoder(classifier));
      assertTrue(refused.getMessage().contains("positive_label"), refused.getMessage());
    }
  }
}
