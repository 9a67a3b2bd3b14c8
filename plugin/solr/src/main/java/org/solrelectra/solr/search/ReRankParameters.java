package org.solrelectra.solr.search;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.params.CommonParams;
import org.apache.solr.common.params.SolrParams;
import org.apache.solr.schema.IndexSchema;
import org.apache.solr.schema.SchemaField;
import org.apache.solr.schema.StrField;
import org.apache.solr.schema.TextField;
import org.apache.solr.search.QueryParsing;
import org.solrelectra.lucene.encoder.WindowPolicy;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.ReRankOperator;

/**
 * What a request asks {@code {!crossEncoder}} to do; its model apart.
 *
 * @param reRankDocs how many documents to rerank, on each shard
 * @param inputFields stored fields that make up a passage
 * @param queryText what passages are read against
 * @param windowPolicy how documents that are longer than the model takes are read
 * @param reRankWeight of the logit
 * @param reRankOperator how logit and first-stage score become one
 * @param timeoutMillis the time for it; null for no limit
 * @param onError what to do when it fails
 */
record ReRankParameters(
    int reRankDocs,
    List<String> inputFields,
    String queryText,
    WindowPolicy windowPolicy,
    double reRankWeight,
    ReRankOperator reRankOperator,
    Integer timeoutMillis,
    OnError onError) {

  static final String MODEL = "model";
  private static final String RE_RANK_DOCS = "reRankDocs";
  private static final String INPUT_FIELD = "inputField";
  private static final String QUERY_TEXT = "queryText";
  private static final String RE_RANK_WEIGHT = "reRankWeight";
  private static final String RE_RANK_OPERATOR = "reRankOperator";
  private static final String MAX_WINDOWS = "maxWindows";
  private static final String WINDOW_STRIDE = "windowStride";
  private static final String WINDOW_AGGREGATION = "windowAggregation";
  private static final String MAX_TOKENS = "maxTokens";
  private static final String TIMEOUT_MILLIS = "timeoutMillis";
  private static final String ON_ERROR = "onError";

  private static final List<String> PARAMETERS =
      List.of(
          MODEL,
          RE_RANK_DOCS,
          INPUT_FIELD,
          QUERY_TEXT,
          MAX_WINDOWS,
          WINDOW_STRIDE,
          WINDOW_AGGREGATION,
          MAX_TOKENS,
          RE_RANK_WEIGHT,
          RE_RANK_OPERATOR,
          TIMEOUT_MILLIS,
          ON_ERROR);

  /** What Solr itself reads of any query's local parameters. */
  private static final List<String> SOLR_PARAMETERS =
      List.of(
          QueryParsing.TYPE,
          QueryParsing.V,
          CommonParams.CACHE,
          CommonParams.COST,
          CommonParams.TAG);

  private static final int DEFAULT_DOCS = 100;

  /** The passages of a request are in memory together, and each takes milliseconds. */
  private static final int MOST_DOCS = 10_000;

  private static final int MOST_WINDOWS = 64;

  /** More than any passage needs; each is looked up in each document. */
  private static final int MOST_FIELDS = 100;

  /** Of 100 documents some twenty windows of 512 tokens each. */
  private static final int DEFAULT_TOKENS = 1_000_000;

  private static final int MOST_TOKENS = 100_000_000;

  /** Keeps w · logit above the scores of documents that were not reranked, which start at -1e10. */
  private static final double HIGHEST_WEIGHT = 1e6;

  private static final int LONGEST_TIMEOUT_MILLIS = 3_600_000;

  /** What becomes of a request whose documents cannot all be reranked. */
  enum OnError {
    ORIGINAL,
    PARTIAL,
    FAIL;

    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @param model which documents are read with
   */
  static ReRankParameters of(SolrParams local, IndexSchema schema, ModelDirectory model) {
    checkNames(local);
    return new ReRankParameters(
        number(local, RE_RANK_DOCS, 1, MOST_DOCS, DEFAULT_DOCS),
        inputFields(local, schema),
        required(local, QUERY_TEXT, "the text that documents are read against, such as $q"),
        windowPolicy(local, model),
        weight(local),
        choice(local, RE_RANK_OPERATOR, ReRankOperator.values(), ReRankOperator::key),
        number(local, TIMEOUT_MILLIS, 0, LONGEST_TIMEOUT_MILLIS, null),
        choice(local, ON_ERROR, OnError.values(), OnError::key));
  }

  private static void checkNames(SolrParams local) {
    for (Iterator<String> names = local.getParameterNamesIterator(); names.hasNext(); ) {
      String name = names.next();
      if (!PARAMETERS.contains(name) && !SOLR_PARAMETERS.contains(name)) {
        throw wrong("unknown local parameter '" + Excerpt.of(name) + "'; known: " + PARAMETERS);
      }
    }
    for (String name : PARAMETERS) {
      String[] values = local.getParams(name);
      if (!name.equals(INPUT_FIELD) && values != null && values.length > 1) {
        throw wrong(
            name + " must be given once; " + name + "=" + Excerpt.of(Arrays.toString(values)));
      }
    }
  }

  static String required(SolrParams local, String name, String meaning) {
    String value = local.get(name);
    if (value == null || value.isBlank()) {
      throw wrong(name + " is missing: " + meaning);
    }
    return value;
  }

  private static List<String> inputFields(SolrParams local, IndexSchema schema) {
    Set<String> fields = new LinkedHashSet<>();
    String[] values = local.getParams(INPUT_FIELD);
    for (String value : values == null ? new String[0] : values) {
      for (String name : value.split("[,\\s]+")) {
        if (!name.isEmpty() && !fields.add(name)) {
          throw wrong("inputField names '" + Excerpt.of(name) + "' twice");
        }
      }
    }
    if (fields.isEmpty()) {
      throw wrong(
          "inputField is missing: one or several stored text fields, separated by commas"
              + (values == null ? "" : "; inputField=" + Excerpt.of(String.join(",", values))));
    }
    if (fields.size() > MOST_FIELDS) {
      throw wrong(
          "inputField must name at most " + MOST_FIELDS + " fields; it names " + fields.size());
    }
    fields.forEach(name -> requireStoredText(name, schema));
    return List.copyOf(fields);
  }

  private static void requireStoredText(String name, IndexSchema schema) {
    // A dynamic field's own pattern matches it.
    if (name.contains("*") && !schema.getFields().containsKey(name)) {
      throw wrong("inputField must name fields, not a pattern; inputField=" + Excerpt.of(name));
    }
    SchemaField field = schema.getFieldOrNull(name);
    if (field == null) {
      throw wrong("inputField '" + Excerpt.of(name) + "' is not in the schema");
    }
    boolean isText = field.getType() instanceof TextField || field.getType() instanceof StrField;
    if (!field.stored() || !isText) {
      throw wrong(
          "inputField '"
              + Excerpt.of(name)
              + "' must be a stored text or string field; its type="
              + field.getType().getTypeName()
              + ", stored="
              + field.stored());
    }
  }

  private static WindowPolicy windowPolicy(SolrParams local, ModelDirectory model) {
    int maxWindows = number(local, MAX_WINDOWS, 1, MOST_WINDOWS, 1);
    for (String name : List.of(WINDOW_STRIDE, WINDOW_AGGREGATION, MAX_TOKENS)) {
      if (maxWindows == 1 && local.get(name) != null) {
        throw wrong(
            name + " needs maxWindows above 1; " + name + "=" + Excerpt.of(local.get(name)));
      }
    }
    return new WindowPolicy(
        maxWindows,
        number(local, WINDOW_STRIDE, 0, model.maxWindowStride(), model.windowStride()),
        number(local, MAX_TOKENS, 1, MOST_TOKENS, DEFAULT_TOKENS),
        choice(
            local,
            WINDOW_AGGREGATION,
            WindowPolicy.Aggregation.values(),
            WindowPolicy.Aggregation::key));
  }

  private static double weight(SolrParams local) {
    String value = local.get(RE_RANK_WEIGHT, "1");
    String rule =
        RE_RANK_WEIGHT
            + " must be a number above 0, at most "
            + HIGHEST_WEIGHT
            + "; "
            + RE_RANK_WEIGHT
            + "="
            + Excerpt.of(value);
    double weight;
    try {
      weight = Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw wrong(rule);
    }
    if (!(weight > 0 && weight <= HIGHEST_WEIGHT)) {
      throw wrong(rule);
    }
    return weight;
  }

  private static Integer number(
      SolrParams local, String name, int lowest, int highest, Integer otherwise) {
    String value = local.get(name);
    if (value == null) {
      return otherwise;
    }
    String rule =
        name
            + " must be a whole number in "
            + lowest
            + ".."
            + highest
            + "; "
            + name
            + "="
            + Excerpt.of(value);
    int number;
    try {
      number = Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw wrong(rule);
    }
    if (number < lowest || number > highest) {
      throw wrong(rule);
    }
    return number;
  }

  /** Returns the value that a request names, or the first. */
  private static <T> T choice(SolrParams local, String name, T[] values, Function<T, String> key) {
    String wanted = local.get(name);
    List<String> keys = Arrays.stream(values).map(key).toList();
    if (wanted == null) {
      return values[0];
    }
    if (!keys.contains(wanted)) {
      throw wrong(name + " must be one of " + keys + "; " + name + "=" + Excerpt.of(wanted));
    }
    return values[keys.indexOf(wanted)];
  }

  static SolrException wrong(String message) {
    return new SolrException(
        ErrorCode.BAD_REQUEST, "{!" + CrossEncoderQParserPlugin.NAME + "}: " + message);
  }
}
