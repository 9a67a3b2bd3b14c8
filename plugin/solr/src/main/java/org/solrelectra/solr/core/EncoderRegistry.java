package org.solrelectra.solr.core;

import java.io.Closeable;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.util.Map;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.core.CoreContainer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.model.ModelLimitException;

/**
 * The models that a Solr node has open: one registry per node, shared by all its cores. It maps a
 * model's name to its open version, and closes that when its last user is gone. A model that never
 * opens holds up whoever waits for it, for a limited time, and nobody else.
 *
 * <p>Threads may share it. The node closes it, after its cores.
 */
public final class EncoderRegistry implements Closeable {
  /** The property that names the folder of model directories; without it, models in Solr's home. */
  public static final String MODELS_PROPERTY = "solr.electra.models";

  /** The property that says how many megabytes of scores a node keeps; 0 for none. */
  public static final String CACHE_PROPERTY = "solr.electra.scoreCacheMegabytes";

  /**
   * The property that says what share of the models' time documents get while queries wait: at
   * least 0 and less than 1, a tenth without it.
   */
  public static final String INDEXING_SHARE_PROPERTY = "solr.electra.indexingShare";

  /** The property that says how many seconds a core waits for a model to open; 60 without it. */
  public static final String OPEN_TIMEOUT_PROPERTY = "solr.electra.openTimeoutSeconds";

  /**
   * The property that says how many megabytes a model may take for one sequence; a quarter of the
   * machine's or container's memory without it.
   */
  public static final String MODEL_MEMORY_PROPERTY = "solr.electra.modelMemoryMegabytes";

  private static final Logger log = LoggerFactory.getLogger(MethodHandles.lookup().lookupClass());
  private static final String NO_TELEMETRY = "ORT_DISABLE_TELEMETRY";

  private final WorkerPool pool;
  private final ScoreCache cache;
  private final SharedModels models;

  EncoderRegistry(ModelRoot root, NodeSettings settings) {
    // The pool last: what is refused before leaves no threads.
    this.cache = new ScoreCache(settings.cacheBytes());
    this.pool = WorkerPool.forThisMachine(settings.indexingShare());
    SharedModels.Opener opener =
        name -> {
          try {
            ModelDirectory model = ModelDirectory.open(root.directory(name));
            return cache.of(OnnxEncoder.open(model, pool, settings.limits()));
          } catch (ModelLimitException e) {
            throw new InvalidModelException(e.getMessage() + advice(e), e);
          }
        };
    this.models = new SharedModels(opener, settings.openTimeout(), System::nanoTime);
  }

  private static String advice(ModelLimitException excess) {
    String property =
        switch (excess.limit()) {
          case MEMORY -> MODEL_MEMORY_PROPERTY;
          case TIME -> OPEN_TIMEOUT_PROPERTY + ", of which the self-test has half";
        };
    return "; raise " + property + ", or lower model_max_length in tokenizer_config.json";
  }

  /** Returns the node's registry, which is made for its first user. */
  public static EncoderRegistry of(CoreContainer node) {
    Object registry =
        node.getObjectCache()
            .computeIfAbsent(
                EncoderRegistry.class.getName(),
                key -> {
                  warnOfTelemetry();
                  return new EncoderRegistry(ModelRoot.of(node), NodeSettings.read());
                });
    if (registry instanceof EncoderRegistry encoders) {
      return encoders;
    }
    throw new SolrException(
        ErrorCode.SERVER_ERROR,
        "solr-electra must be installed once for the whole node, in lib of Solr's home or in a"
            + " sharedLib, because its native library can be loaded once; it was loaded by "
            + registry.getClass().getClassLoader()
            + " and again by "
            + EncoderRegistry.class.getClassLoader());
  }

  private static void warnOfTelemetry() {
    if (System.getenv(NO_TELEMETRY) == null) {
      log.warn(
          "ONNX Runtime sends telemetry to its maker when it starts. Put {}=1 into Solr's"
              + " environment, such as solr.in.sh, to stop it",
          NO_TELEMETRY);
    }
  }

  /**
   * Returns what the node's cache of scores has come to since the node started: hits, misses,
   * hitRatio, evictions, entries, bytes, maximumBytes.
   */
  public Map<String, Object> scoreCacheStatistics() {
    return cache.statistics();
  }

  /**
   * Returns how many models are being opened for somebody, how many openings are stuck, and of
   * which models, with the seconds since they began: opening, stuck, stuckModels.
   */
  public Map<String, Object> openingStatistics() {
    return models.openingStatistics();
  }

  /**
   * Opens a model, or joins its other users. The caller closes what is returned when it needs it no
   * more.
   *
   * @param name of a directory below the model root; never a path
   * @throws SolrException with what to do if there is no such model, it cannot be opened, or it
   *     takes too long
   */
  public Encoder acquire(String name) {
    ModelRoot.checkName(name);
    return models.acquire(name);
  }

  /** Returns how many users each model has, those included that wait for it, by its name. */
  Map<String, Integer> users() {
    return models.users();
  }

  /**
   * Keeps the cause for the log only: whoever has Solr create a core is shown the innermost cause's
   * message and no other.
   */
  static SolrException refusal(String message, Throwable cause) {
    SolrException refusal = new SolrException(ErrorCode.SERVER_ERROR, message);
    refusal.addSuppressed(cause);
    return refusal;
  }

  /** Closes all models, whoever uses them, and waits for none that is being opened. */
  @Override
  public void close() throws IOException {
    try {
      models.close();
    } finally {
      pool.close();
    }
  }
}
