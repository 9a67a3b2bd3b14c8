package org.solrelectra.solr.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.FloatDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FilterDirectoryReader;
import org.apache.lucene.index.FilterLeafReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.StoredFieldVisitor;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.queries.function.FunctionScoreQuery;
import org.apache.lucene.search.Collector;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.DoubleValuesSource;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopDocsCollector;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.params.CommonParams;
import org.apache.solr.common.params.MapSolrParams;
import org.apache.solr.common.params.ShardParams;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.common.util.SimpleOrderedMap;
import org.apache.solr.core.SolrCore;
import org.apache.solr.request.SolrQueryRequestBase;
import org.apache.solr.request.SolrRequestInfo;
import org.apache.solr.response.SolrQueryResponse;
import org.apache.solr.search.QueryCommand;
import org.apache.solr.search.QueryLimits;
import org.apache.solr.search.QueryLimitsExceededException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.BelowReRanked;
import org.solrelectra.lucene.search.ReRankOperator;
import org.solrelectra.solr.FixtureModels;
import org.solrelectra.solr.search.ReRankParameters.OnError;

/**
 * The first stage scores documents 0, 1, 2, … with 100, 99, 98, …; the encoder scores a passage by
 * its length, here its document's number.
 */
class CrossEncoderReRankCollectorTest {
  private static final int DOCUMENTS = 20;

  /** Tokens that every pair has: three special ones and the query's one. */
  private static final int OVERHEAD = 4;

  @TempDir static Path folder;

  private ByteBuffersDirectory directory;
  private IndexSearcher searcher;
  private ModelDirectory model;
  private SolrQueryResponse response;

  @BeforeEach
  void indexDocuments() throws IOException {
    FixtureModels.write(folder);
    model = ModelDirectory.open(folder.resolve(FixtureModels.RANKER.name()));
    directory = new ByteBuffersDirectory();
    try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
      for (int i = 0; i < DOCUMENTS; i++) {
        Document document = new Document();
        document.add(new StoredField("text", "good ".repeat(i)));
        document.add(new FloatDocValuesField("rank", 100 - i));
        writer.addDocument(document);
      }
    }
    searcher = new IndexSearcher(DirectoryReader.open(directory));
  }

  @AfterEach
  void close() throws IOException {
    endRequest();
    searcher.getIndexReader().close();
    directory.close();
  }

  private static Query firstStage() {
    return new FunctionScoreQuery(
        new MatchAllDocsQuery(), DoubleValuesSource.fromFloatField("rank"));
  }

  private static ReRankParameters parameters(int reRankDocs, OnError onError) {
    return new ReRankParameters(
        reRankDocs,
        List.of("text"),
        "good",
        WindowPolicy.BEGINNING,
        1,
        ReRankOperator.REPLACE,
        null,
        onError);
  }

  private CrossEncoderQuery query(Encoder encoder, ReRankParameters parameters) {
    RankingModel ranking = RankingModel.of("passage-ranker", encoder);
    return (CrossEncoderQuery) new CrossEncoderQuery(null, ranking, parameters).wrap(firstStage());
  }

  private static void endRequest() {
    if (SolrRequestInfo.getRequestInfo() != null) {
      SolrRequestInfo.clearRequestInfo();
    }
  }

  private void startRequest(Map<String, String> params) {
    SolrQueryRequestBase request =
        new SolrQueryRequestBase((SolrCore) null, new MapSolrParams(params)) {};
    response = new SolrQueryResponse();
    response.addResponseHeader(new SimpleOrderedMap<>());
    SolrRequestInfo.setRequestInfo(new SolrRequestInfo(request, response));
  }

  private ScoreDoc[] search(CrossEncoderQuery query, int rows) throws IOException {
    TopDocsCollector<? extends ScoreDoc> collector =
        query.getTopDocsCollector(rows, new QueryCommand().setQuery(query), searcher);
    searcher.search(
        query,
        new CollectorManager<Collector, Void>() {
          @Override
          public Collector newCollector() {
            return collector;
          }

          @Override
          public Void reduce(Collection<Collector> collectors) {
            return null;
          }
        });
    return collector.topDocs(0, rows).scoreDocs;
  }

  private static List<Integer> documents(ScoreDoc[] hits) {
    return Arrays.stream(hits).map(hit -> hit.doc).toList();
  }

  private static List<Float> scores(ScoreDoc[] hits) {
    return Arrays.stream(hits).map(hit -> hit.score).toList();
  }

  private String section() {
    return String.valueOf(response.getResponseHeader().get("crossEncoder"));
  }

  @Test
  void windowIsReRankedAndTheRestFollowsBelow() throws IOException {
    startRequest(Map.of());
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 4), parameters(4, OnError.ORIGINAL));
    ScoreDoc[] hits = search(query, 6);
    assertEquals(List.of(3, 2, 1, 0, 4, 5), documents(hits));
    assertEquals(
        List.of(
            OVERHEAD + 3f,
            OVERHEAD + 2f,
            OVERHEAD + 1f,
            OVERHEAD + 0f,
            BelowReRanked.score(96),
            BelowReRanked.score(95)),
        scores(hits));
    assertEquals("{status=ok, reRanked=4, truncatedQueries=0}", section());
    assertEquals("{crossEncoder=ok}", response.getToLog().toString());
  }

  @Test
  void partialPutsWhatWasScoredFirst() throws IOException {
    startRequest(Map.of());
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 3), withTimeout(OnError.PARTIAL));
    ScoreDoc[] hits = search(query, 6);
    assertEquals(List.of(2, 1, 0, 3, 4, 5), documents(hits));
    assertEquals(
        List.of(BelowReRanked.score(97), BelowReRanked.score(96), BelowReRanked.score(95)),
        scores(hits).subList(3, 6));
    assertEquals(
        "{status=partial, reRanked=3, truncatedQueries=0, "
            + "reason=timeoutMillis=60000 passed after 3 of 5 documents}",
        section());
  }

  private static ReRankParameters withTimeout(OnError onError) {
    return new ReRankParameters(
        5,
        List.of("text"),
        "good",
        WindowPolicy.BEGINNING,
        1,
        ReRankOperator.REPLACE,
        60_000,
        onError);
  }

  @Test
  void originalKeepsTheFirstStagesScoresOnOneCore() throws IOException {
    startRequest(Map.of());
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 3), withTimeout(OnError.ORIGINAL));
    ScoreDoc[] hits = search(query, 6);
    assertEquals(List.of(0, 1, 2, 3, 4, 5), documents(hits));
    assertEquals(List.of(100f, 99f, 98f, 97f, 96f, 95f), scores(hits));
    assertEquals(
        "{status=original, reRanked=0, truncatedQueries=0, "
            + "reason=timeoutMillis=60000 passed after 3 of 5 documents}",
        section());
  }

  @Test
  void originalOnAShardGoesBelowWhatOtherShardsReRanked() throws IOException {
    startRequest(Map.of(ShardParams.IS_SHARD, "true"));
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 0), withTimeout(OnError.PARTIAL));
    ScoreDoc[] hits = search(query, 6);
    assertEquals(List.of(0, 1, 2, 3, 4, 5), documents(hits));
    assertEquals(
        IntStream.range(0, 6).mapToObj(i -> BelowReRanked.score(100 - i)).toList(), scores(hits));
  }

  @Test
  void failThrowsAServerError() {
    startRequest(Map.of());
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 3), withTimeout(OnError.FAIL));
    SolrException error = assertThrows(SolrException.class, () -> search(query, 6));
    assertEquals(SolrException.ErrorCode.SERVER_ERROR.code, error.code());
    assertEquals(
        "cannot rerank with model 'passage-ranker':"
            + " timeoutMillis=60000 passed after 3 of 5 documents",
        error.getMessage());
  }

  @Test
  void failedInferenceKeepsTheOriginalOrderAndSaysWhy() throws IOException {
    startRequest(Map.of());
    CrossEncoderQuery query =
        query(StubbornEncoder.failing(model, "no luck"), parameters(5, OnError.PARTIAL));
    assertEquals(List.of(0, 1, 2), documents(search(query, 3)));
    assertEquals("{status=original, reRanked=0, truncatedQueries=0, reason=no luck}", section());
  }

  @Test
  void failedInferenceIsTheCauseOfTheErrorThatWasAskedFor() {
    startRequest(Map.of());
    CrossEncoderQuery query =
        query(StubbornEncoder.failing(model, "no luck"), parameters(5, OnError.FAIL));
    SolrException error = assertThrows(SolrException.class, () -> search(query, 3));
    assertEquals("cannot rerank with model 'passage-ranker': no luck", error.getMessage());
    assertEquals("no luck", error.getCause().getMessage());
  }

  @Test
  void exceededLimitsEndTheReRankingAndMarkTheResponse() throws IOException {
    startRequest(Map.of(CommonParams.TIME_ALLOWED, "1"));
    awaitExceededLimits();
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 9), parameters(5, OnError.ORIGINAL));
    assertEquals(List.of(0, 1, 2), documents(search(query, 3)));
    assertEquals(
        "{status=original, reRanked=0, truncatedQueries=0, "
            + "reason=Query limits: [TimeAllowedLimit:LIMIT EXCEEDED] after 0 of 5 documents}",
        section());
    NamedList<Object> header = response.getResponseHeader();
    assertEquals(true, header.get("partialResults"));
    assertEquals(
        "Limits exceeded! (cross-encoder): Query limits: [TimeAllowedLimit:LIMIT EXCEEDED]",
        header.get("partialResultsDetails"));
  }

  @Test
  void exceededLimitsEndARequestThatWantsNoPartialResults() {
    startRequest(Map.of(CommonParams.TIME_ALLOWED, "1", CommonParams.PARTIAL_RESULTS, "false"));
    awaitExceededLimits();
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 9), parameters(5, OnError.ORIGINAL));
    assertThrows(QueryLimitsExceededException.class, () -> search(query, 3));
  }

  private static void awaitExceededLimits() {
    while (!QueryLimits.getCurrentLimits().shouldExit()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void explanationsHaveTheScoresOfTheHits() throws IOException {
    for (int scored : new int[] {0, 3, 5}) {
      for (ReRankOperator operator : ReRankOperator.values()) {
        startRequest(Map.of());
        CrossEncoderQuery query =
            query(
                StubbornEncoder.stoppingAfter(model, scored),
                new ReRankParameters(
                    5,
                    List.of("text"),
                    "good",
                    WindowPolicy.BEGINNING,
                    0.3,
                    operator,
                    60_000,
                    OnError.PARTIAL));
        for (ScoreDoc hit : search(query, 8)) {
          assertEquals(hit.score, searcher.explain(query, hit.doc).getValue().floatValue());
        }
        endRequest();
      }
    }
  }

  @Test
  void explanationsSayWhatBecameOfADocument() throws IOException {
    startRequest(Map.of());
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 9), parameters(4, OnError.ORIGINAL));
    search(query, 6);
    assertEquals(
        "cross-encoder score, replace: weight * logit",
        searcher.explain(query, 0).getDescription());
    assertEquals(
        "below every reranked document, by first-stage score, not reranked:"
            + " not among the first reRankDocs=4",
        searcher.explain(query, 5).getDescription());
    assertEquals(
        "first-stage score: this request did not rank the document",
        searcher.explain(query, 9).getDescription());
    endRequest();

    startRequest(Map.of());
    search(query, 2);
    assertEquals(
        "cross-encoder score, replace: weight * logit",
        searcher.explain(query, 3).getDescription(),
        "reranked, though not shown");
  }

  @Test
  void explanationSaysWhyNothingWasReRanked() throws IOException {
    startRequest(Map.of());
    CrossEncoderQuery query =
        query(StubbornEncoder.failing(model, "no luck"), parameters(4, OnError.ORIGINAL));
    search(query, 6);
    assertEquals(
        "first-stage score, not reranked: no luck", searcher.explain(query, 0).getDescription());
  }

  @Test
  void equalLogitsKeepTheFirstStagesOrder() throws IOException {
    startRequest(Map.of());
    ReRankParameters otherField =
        new ReRankParameters(
            9,
            List.of("absent"),
            "good",
            WindowPolicy.BEGINNING,
            1,
            ReRankOperator.REPLACE,
            null,
            OnError.ORIGINAL);
    CrossEncoderQuery query = query(StubbornEncoder.stoppingAfter(model, 9), otherField);
    assertEquals(IntStream.range(0, 9).boxed().toList(), documents(search(query, 9)));
  }

  @Test
  void anyWindowAndPageIsAPrefixOfTheWholeOrder() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      int window = 1 + random.nextInt(DOCUMENTS + 5);
      int scored = random.nextInt(window + 1);
      int rows = 1 + random.nextInt(DOCUMENTS);
      startRequest(Map.of());
      CrossEncoderQuery query =
          query(
              StubbornEncoder.stoppingAfter(model, scored),
              new ReRankParameters(
                  window,
                  List.of("text"),
                  "good",
                  WindowPolicy.BEGINNING,
                  1,
                  ReRankOperator.REPLACE,
                  60_000,
                  OnError.PARTIAL));
      List<Integer> all = documents(search(query, DOCUMENTS));
      ScoreDoc[] page = search(query, rows);
      endRequest();
      String where = "seed=" + seed + " window=" + window + " scored=" + scored + " rows=" + rows;
      assertEquals(all.subList(0, rows), documents(page), where);
      assertEquals(IntStream.range(0, DOCUMENTS).boxed().toList(), all.stream().sorted().toList());
      for (int i = 1; i < page.length; i++) {
        assertTrue(page[i - 1].score >= page[i].score, where);
      }
    }
  }

  @Test
  void worksWithoutARequest() throws IOException {
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 9), parameters(3, OnError.ORIGINAL));
    assertEquals(List.of(2, 1, 0), documents(search(query, 3)));
    assertNull(SolrRequestInfo.getRequestInfo());
  }

  @Test
  void aBugIsNeitherBlamedOnTheClientNorOnTheModel() {
    for (RuntimeException bug :
        List.of(
            new IllegalStateException("bug"),
            new IllegalArgumentException("bug"),
            new NullPointerException("bug"))) {
      Encoder broken =
          new Encoder() {
            @Override
            public ModelDirectory model() {
              return model;
            }

            @Override
            public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) {
              throw bug;
            }

            @Override
            public void close() {}
          };
      for (OnError onError : OnError.values()) {
        CrossEncoderQuery query = query(broken, parameters(3, onError));
        assertSame(bug, assertThrows(RuntimeException.class, () -> search(query, 3)));
      }
    }
  }

  /** Has stored fields read in another way. */
  private void readStoredFieldsWith(UnaryOperator<StoredFields> reading) throws IOException {
    searcher =
        new IndexSearcher(
            new FilterDirectoryReader(
                (DirectoryReader) searcher.getIndexReader(),
                new FilterDirectoryReader.SubReaderWrapper() {
                  @Override
                  public LeafReader wrap(LeafReader reader) {
                    return new FilterLeafReader(reader) {
                      @Override
                      public StoredFields storedFields() throws IOException {
                        return reading.apply(in.storedFields());
                      }

                      @Override
                      public CacheHelper getCoreCacheHelper() {
                        return null;
                      }

                      @Override
                      public CacheHelper getReaderCacheHelper() {
                        return null;
                      }
                    };
                  }
                }) {
              @Override
              protected DirectoryReader doWrapDirectoryReader(DirectoryReader reader) {
                throw new UnsupportedOperationException();
              }

              @Override
              public CacheHelper getReaderCacheHelper() {
                return null;
              }
            });
  }

  @Test
  void anIndexThatCannotBeReadIsNoFailureOfTheModel() throws IOException {
    IOException failure = new IOException("disk");
    readStoredFieldsWith(
        fields ->
            new StoredFields() {
              @Override
              public void document(int document, StoredFieldVisitor visitor) throws IOException {
                throw failure;
              }
            });
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 9), parameters(3, OnError.ORIGINAL));
    assertSame(
        failure, assertThrows(UncheckedIOException.class, () -> search(query, 3)).getCause());
  }

  /** The fourth document's text has no end. */
  @Test
  void partialKeepsWhatWasScoredBeforeTimeRanOutWhileReading() throws IOException {
    FieldInfo text =
        searcher.getIndexReader().leaves().get(0).reader().getFieldInfos().fieldInfo("text");
    readStoredFieldsWith(
        fields ->
            new StoredFields() {
              @Override
              public void document(int document, StoredFieldVisitor visitor) throws IOException {
                boolean isRead = document != 3;
                while (!isRead) {
                  isRead = visitor.needsField(text) == StoredFieldVisitor.Status.STOP;
                }
                fields.document(document, visitor);
              }
            });
    ReRankParameters parameters =
        new ReRankParameters(
            6,
            List.of("text"),
            "good",
            WindowPolicy.BEGINNING,
            1,
            ReRankOperator.REPLACE,
            1000,
            OnError.PARTIAL);
    startRequest(Map.of());
    CrossEncoderQuery query = query(StubbornEncoder.stoppingAfter(model, DOCUMENTS), parameters);
    assertEquals(List.of(2, 1, 0, 3, 4, 5), documents(search(query, 6)));
    assertEquals(
        "{status=partial, reRanked=3, truncatedQueries=0, "
            + "reason=timeoutMillis=1000 passed after 3 of 6 documents}",
        section());
  }

  @Test
  void sortMustBeginWithTheScore() throws IOException {
    CrossEncoderQuery query =
        query(StubbornEncoder.stoppingAfter(model, 9), parameters(3, OnError.ORIGINAL));
    SortField byRank = new SortField("rank", SortField.Type.FLOAT);
    SortField elevated = new SortField("_elevate_", SortField.Type.INT, true);
    SortField lowestFirst = new SortField(null, SortField.Type.SCORE, true);
    assertSort(query, new Sort(SortField.FIELD_SCORE, byRank), null);
    assertSort(query, new Sort(elevated, SortField.FIELD_SCORE), null);
    assertSort(
        query,
        new Sort(byRank, SortField.FIELD_SCORE),
        "{!crossEncoder}: sort must begin with 'score desc', which is what reranking changes;"
            + " sort=<float: \"rank\">,<score>");
    assertSort(
        query,
        new Sort(lowestFirst),
        "{!crossEncoder}: sort must begin with 'score desc', which is what reranking changes;"
            + " sort=<score>!");
  }

  private void assertSort(CrossEncoderQuery query, Sort sort, String refusal) throws IOException {
    QueryCommand command = new QueryCommand().setQuery(query).setSort(sort);
    if (refusal == null) {
      TopDocs none = query.getTopDocsCollector(3, command, searcher).topDocs(0, 3);
      assertEquals(0, none.scoreDocs.length);
    } else {
      SolrException error =
          assertThrows(SolrException.class, () -> query.getTopDocsCollector(3, command, searcher));
      assertEquals(SolrException.ErrorCode.BAD_REQUEST.code, error.code());
      assertEquals(refusal, error.getMessage());
    }
  }

  @Test
  void cannotStandWithoutAnotherQuery() throws IOException {
    RankingModel ranking =
        RankingModel.of("passage-ranker", StubbornEncoder.stoppingAfter(model, 9));
    CrossEncoderQuery query = new CrossEncoderQuery(null, ranking, parameters(3, OnError.ORIGINAL));
    SolrException error = assertThrows(SolrException.class, () -> searcher.search(query, 3));
    assertEquals(
        "{!crossEncoder}: it reranks another query and is used as rq={!crossEncoder …}",
        error.getMessage());
  }
}
