package org.solrelectra.solr.search;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.lucene.util.IOUtils;
import org.apache.lucene.util.ResourceLoader;
import org.apache.lucene.util.ResourceLoaderAware;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.params.SolrParams;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.core.CoreContainer;
import org.apache.solr.core.SolrResourceLoader;
import org.apache.solr.metrics.MetricsMap;
import org.apache.solr.metrics.SolrMetricsContext;
import org.apache.solr.request.SolrQueryRequest;
import org.apache.solr.search.QParser;
import org.apache.solr.search.QParserPlugin;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.solr.core.EncoderRegistry;

/**
 * Reranks the first documents of a search with a cross-encoder, on each shard: {@code
 * rq={!crossEncoder model=passage-ranker inputField=text queryText=$q}}.
 *
 * <pre class="solrconfig">{@code
 * <queryParser name="crossEncoder" class="org.solrelectra.solr.search.CrossEncoderQParserPlugin">
 *   <str name="models">passage-ranker</str>
 * </queryParser>
 * }</pre>
 *
 * <p>{@code models} names, once or several times, the models that a request may ask for; they are
 * open as long as the core is. Local parameters:
 *
 * <ul>
 *   <li>{@code model}: one of them.
 *   <li>{@code queryText}: what the documents are read against, mostly {@code $q}. A text without a
 *       word, such as white space and control characters, is refused.
 *   <li>{@code inputField}: at most 100 stored text fields, separated by commas or blanks; their
 *       values are joined in this order by a blank, as far as the model reads them.
 *   <li>{@code maxWindows}: how many parts of a document are read that is longer than the model
 *       takes, 1 to 64; 1, its beginning, without it. Of more parts those are taken that share most
 *       different tokens with the query. A document takes as many times longer.
 *   <li>{@code windowAggregation}: what becomes of the parts' logits: {@code max}, the default;
 *       {@code topMean}, the mean of the best three; {@code mean}.
 *   <li>{@code windowStride}: tokens that neighbouring parts share; without it the manifest's
 *       {@code truncation.stride}, or an eighth of what the model takes.
 *   <li>{@code maxTokens}: of all documents, on each shard. Once they are reached, one part is read
 *       of each further document; 1,000,000.
 *   <li>{@code reRankDocs}: how many of the first documents are reranked, on each shard; 100.
 *   <li>{@code reRankOperator}: with s the first stage's score and w the weight: {@code replace} =
 *       w · logit, the default; {@code add} = s + w · logit; {@code multiply} = s · w ·
 *       sigmoid(logit).
 *   <li>{@code reRankWeight}: w; 1.
 *   <li>{@code timeoutMillis}: the time that reranking may take; without it only the request's own
 *       limits, such as {@code timeAllowed}, count.
 *   <li>{@code onError}, when time runs out or a model fails: {@code original} keeps the first
 *       stage's order, the default; {@code partial} puts the documents that were scored in time
 *       first; {@code fail} fails the request.
 * </ul>
 *
 * <p>The section {@code crossEncoder} of the response header says what was done. A document that
 * was not reranked stands below all that were, on one core and over all shards; its score says so.
 * {@code maxScore} is the first stage's.
 */
public final class CrossEncoderQParserPlugin extends QParserPlugin
    implements ResourceLoaderAware, AutoCloseable {
  /** The parser's name, and that of its section in the response header. */
  public static final String NAME = "crossEncoder";

  private static final String MODELS = "models";

  private List<String> names = List.of();
  private Map<String, RankingModel> models = Map.of();
  private volatile EncoderRegistry registry;
  private SolrMetricsContext metrics;
  private final List<Encoder> encoders = new ArrayList<>();

  /** Reads the models' names; refuses unknown parameters by name. */
  @Override
  public void init(NamedList<?> args) {
    NamedList<?> arguments = args.clone();
    names = List.copyOf(arguments.removeConfigArgs(MODELS));
    if (arguments.size() > 0) {
      throw wrong(
          "unknown parameter '"
              + Excerpt.of(String.valueOf(arguments.getName(0)))
              + "'; known: ["
              + MODELS
              + "]");
    }
    if (names.isEmpty()) {
      throw wrong(
          MODELS
              + " is missing; write <str name=\"models\">…</str>: the names of directories in the"
              + " node's model root that requests may ask for");
    }
  }

  /** Opens the models. */
  @Override
  public void inform(ResourceLoader loader) {
    CoreContainer node = loader instanceof SolrResourceLoader solr ? solr.getCoreContainer() : null;
    if (node == null) {
      throw wrong("it must be loaded by a core's own resource loader; loader=" + loader);
    }
    registry = EncoderRegistry.of(node);
    Map<String, RankingModel> opened = new TreeMap<>();
    for (String name : names) {
      opened.put(name, hold(name, open(name)));
    }
    models = opened;
  }

  /** Makes a model one that is released at the end, also when it is refused here. */
  RankingModel hold(String name, Encoder encoder) {
    encoders.add(encoder);
    try {
      return RankingModel.of(name, encoder);
    } catch (IllegalArgumentException e) {
      throw wrong("model '" + name + "': " + e.getMessage());
    }
  }

  private Encoder open(String name) {
    try {
      return registry.acquire(name);
    } catch (SolrException e) {
      SolrException refusal = wrong(e.getMessage());
      // Not as the cause: Solr would show that one's message.
      refusal.addSuppressed(e);
      throw refusal;
    }
  }

  /**
   * Adds the metrics {@code QUERYPARSER.crossEncoder.scoreCache} and {@code .openings}: of the
   * whole node, the same in each of its cores. Solr's scope would be the name of this class.
   */
  @Override
  public void initializeMetrics(SolrMetricsContext parentContext, String scope) {
    metrics = parentContext.getChildContext(this);
    gauge("scoreCache", EncoderRegistry::scoreCacheStatistics);
    gauge("openings", EncoderRegistry::openingStatistics);
  }

  private void gauge(String name, Function<EncoderRegistry, Map<String, Object>> statistics) {
    MetricsMap numbers =
        new MetricsMap(
            map -> {
              EncoderRegistry opened = registry;
              if (opened != null) {
                statistics.apply(opened).forEach(map::putNoEx);
              }
            });
    metrics.gauge(numbers, true, name, getCategory().toString(), NAME);
  }

  /** Not null once there are metrics; of Solr's own parsers none has any. */
  @Override
  public SolrMetricsContext getSolrMetricsContext() {
    return metrics;
  }

  private static SolrException wrong(String message) {
    return new SolrException(
        ErrorCode.SERVER_ERROR, CrossEncoderQParserPlugin.class.getSimpleName() + ": " + message);
  }

  @Override
  public QParser createParser(
      String query, SolrParams localParams, SolrParams params, SolrQueryRequest req) {
    return new CrossEncoderQParser(query, localParams, params, req, models);
  }

  /** Releases the models: all of them, also when one cannot be closed. */
  @Override
  public void close() throws IOException {
    try {
      if (metrics != null) {
        metrics.unregister();
      }
    } finally {
      IOUtils.close(encoders);
    }
  }
}
