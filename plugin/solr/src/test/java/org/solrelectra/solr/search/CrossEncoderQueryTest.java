package org.solrelectra.solr.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.ReRankOperator;
import org.solrelectra.solr.FixtureModels;
import org.solrelectra.solr.search.ReRankParameters.OnError;

class CrossEncoderQueryTest {
  private static final Query ALL = new MatchAllDocsQuery();

  @TempDir private Path folder;
  private ModelDirectory directory;

  @BeforeEach
  void openModel() throws IOException {
    FixtureModels.write(folder);
    directory = ModelDirectory.open(folder.resolve(FixtureModels.RANKER.name()));
  }

  private static RankingModel model(String name, ModelDirectory directory) {
    return RankingModel.of(name, StubbornEncoder.stoppingAfter(directory, 0));
  }

  private static ReRankParameters parameters() {
    return new ReRankParameters(
        100,
        List.of("text"),
        "query",
        WindowPolicy.BEGINNING,
        1,
        ReRankOperator.REPLACE,
        null,
        OnError.ORIGINAL);
  }

  @Test
  void equalsCountsModelVersionAndEveryParameter() throws IOException {
    CrossEncoderQuery query = new CrossEncoderQuery(ALL, model("ranker", directory), parameters());
    CrossEncoderQuery same = new CrossEncoderQuery(ALL, model("ranker", directory), parameters());
    assertEquals(query, same);
    assertEquals(query.hashCode(), same.hashCode());

    Query otherFirstStage = new TermQuery(new Term("text", "word"));
    assertNotEquals(query, query.wrap(otherFirstStage));
    assertNotEquals(query, new CrossEncoderQuery(ALL, model("other", directory), parameters()));
    ModelDirectory openedAgain = ModelDirectory.open(directory.path());
    assertNotEquals(query, new CrossEncoderQuery(ALL, model("ranker", openedAgain), parameters()));
    List<String> text = List.of("text");
    ReRankOperator replace = ReRankOperator.REPLACE;
    OnError original = OnError.ORIGINAL;
    WindowPolicy beginning = WindowPolicy.BEGINNING;
    WindowPolicy mean = new WindowPolicy(2, 4, 100, WindowPolicy.Aggregation.MEAN);
    for (ReRankParameters other :
        List.of(
            new ReRankParameters(99, text, "query", beginning, 1, replace, null, original),
            new ReRankParameters(
                100, List.of("title"), "query", beginning, 1, replace, null, original),
            new ReRankParameters(100, text, "other", beginning, 1, replace, null, original),
            new ReRankParameters(100, text, "query", mean, 1, replace, null, original),
            new ReRankParameters(100, text, "query", beginning, 2, replace, null, original),
            new ReRankParameters(
                100, text, "query", beginning, 1, ReRankOperator.ADD, null, original),
            new ReRankParameters(100, text, "query", beginning, 1, replace, 5, original),
            new ReRankParameters(100, text, "query", beginning, 1, replace, null, OnError.FAIL))) {
      assertNotEquals(query, new CrossEncoderQuery(ALL, model("ranker", directory), other));
    }
  }

  @Test
  void isNeverCachedWhateverTheRequestSays() {
    CrossEncoderQuery query = new CrossEncoderQuery(ALL, model("ranker", directory), parameters());
    query.setCache(true);
    assertFalse(query.getCache());
  }

  @Test
  void printsWhatItDoes() {
    CrossEncoderQuery query = new CrossEncoderQuery(ALL, model("ranker", directory), parameters());
    assertEquals(
        "{!crossEncoder model=ranker version=7 ReRankParameters[reRankDocs=100, inputFields=[text],"
            + " queryText=query, windowPolicy=WindowPolicy[maxWindows=1, stride=0,"
            + " maxTokens=2147483647, aggregation=MAX], reRankWeight=1.0, reRankOperator=REPLACE, timeoutMillis=null,"
            + " onError=ORIGINAL] mainQuery=*:*}",
        query.toString());
  }
}
