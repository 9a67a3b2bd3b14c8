package org.solrelectra.training.evaluation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.queryparser.classic.ParseException;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;

/**
 * Lucene's BM25 with its defaults (k1 1.2, b 0.75) and EnglishAnalyzer over all passages of a file:
 * what a reranker has to beat on the same candidates.
 */
public final class Bm25Baseline {
  private static final String FIELD = "text";
  private static final String ID = "id";

  private Bm25Baseline() {}

  /**
   * Scores each query's own candidates; term statistics are those of all candidates.
   *
   * @return for each query one score for each passage, 0 without a common term
   */
  public static List<double[]> scores(List<QueryCandidates> queries) throws IOException {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (QueryCandidates query : queries) {
      for (String passage : query.passages()) {
        ids.putIfAbsent(passage, ids.size());
      }
    }
    try (Analyzer analyzer = new EnglishAnalyzer();
        Directory directory = new ByteBuffersDirectory()) {
      try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig(analyzer))) {
        for (Map.Entry<String, Integer> passage : ids.entrySet()) {
          Document document = new Document();
          document.add(new TextField(FIELD, passage.getKey(), Field.Store.NO));
          document.add(new StoredField(ID, passage.getValue()));
          writer.addDocument(document);
        }
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        List<double[]> all = new ArrayList<>();
        for (QueryCandidates query : queries) {
          double[] byId = search(searcher, analyzer, query.query(), ids.size());
          all.add(
              query.passages().stream().mapToDouble(passage -> byId[ids.get(passage)]).toArray());
        }
        return all;
      }
    }
  }

  private static double[] search(
      IndexSearcher searcher, Analyzer analyzer, String text, int documents) throws IOException {
    double[] scores = new double[documents];
    Arrays.fill(scores, 0);
    Query query;
    try {
      query = new QueryParser(FIELD, analyzer).parse(QueryParser.escape(text));
    } catch (ParseException e) {
      throw new IllegalStateException("an escaped query always parses: " + text, e);
    }
    if (query instanceof BooleanQuery clauses && clauses.clauses().isEmpty()) {
      return scores;
    }
    for (ScoreDoc hit : searcher.search(query, documents).scoreDocs) {
      int id = searcher.storedFields().document(hit.doc).getField(ID).numericValue().intValue();
      scores[id] = hit.score;
    }
    return scores;
  }
}
