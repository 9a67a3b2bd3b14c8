package org.solrelectra.solr.core;

import java.io.Closeable;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.util.EnvUtils;
import org.apache.solr.core.CoreContainer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.OnnxEncoder;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.ModelDirectory;

/**
 * The models that a Solr node has open: one registry per node, shared by all its cores. It maps a
 * model's name to its open version, and closes that when its last user is gone.
 *
 * <p>Threads may share it. The node closes it, after its cores.
 */
public final class EncoderRegistry implements Closeable {
  /** The property that names the folder of model directories; without it, models in Solr's home. */
  public static final String MODELS_PROPERTY = "solr.electra.models";

  /** The property that says how many megabytes of scores a node keeps; 0 for none. */
  public static final String CACHE_PROPERTY = "solr.electra.scoreCacheMegabytes";

  private static final int DEFAULT_CACHE_MEGABYTES = 32;
  private static final int LARGEST_CACHE_MEGABYTES = 1 << 20;

  private static final Logger log = LoggerFactory.getLogger(MethodHandles.lookup().lookupClass());
  private static final String NO_TELEMETRY = "ORT_DISABLE_TELEMETRY";
  private static final String DEFAULT_ROOT = "models";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");

  private final Path root;
  private final WorkerPool pool;
  private final ScoreCache cache;

  // Guarded by this. An alias will be one more key, and a new version another value of the same.
  private final Map<String, OpenModel> models = new HashMap<>();

  EncoderRegistry(Path root, WorkerPool pool, ScoreCache cache) {
    this.root = root;
    this.pool = pool;
    this.cache = cache;
  }

  /** Returns the node's registry, which is made for its first user. */
  public static EncoderRegistry of(CoreContainer node) {
    Object registry =
        node.getObjectCache()
            .computeIfAbsent(
                EncoderRegistry.class.getName(),
                key -> {
                  warnOfTelemetry();
                  // The pool last: what is refused before leaves no threads.
                  Path root = modelRoot(node);
                  ScoreCache cache = new ScoreCache(cacheBytes());
                  return new EncoderRegistry(root, WorkerPool.forThisMachine(), cache);
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

  private static Path modelRoot(CoreContainer node) {
    Path home = Path.of(node.getSolrHome());
    String property = EnvUtils.getProperty(MODELS_PROPERTY);
    Path root = home.resolve(property == null ? DEFAULT_ROOT : property).normalize();
    try {
      node.assertPathAllowed(root);
    } catch (SolrException e) {
      throw refusal(
          MODELS_PROPERTY
              + " must be below Solr's home or a path in allowPaths of solr.xml (property"
              + " solr.allowPaths); "
              + MODELS_PROPERTY
              + "="
              + root,
          e);
    }
    return root;
  }

  private static long cacheBytes() {
    String property = EnvUtils.getProperty(CACHE_PROPERTY);
    if (property == null) {
      return DEFAULT_CACHE_MEGABYTES * 1_000_000L;
    }
    String wrong =
        CACHE_PROPERTY
            + " must be a whole number from 0 to "
            + LARGEST_CACHE_MEGABYTES
            + "; "
            + CACHE_PROPERTY
            + "="
            + property;
    int megabytes;
    try {
      megabytes = Integer.parseInt(property.strip());
    } catch (NumberFormatException e) {
      throw refusal(wrong, e);
    }
    if (megabytes < 0 || megabytes > LARGEST_CACHE_MEGABYTES) {
      throw new SolrException(ErrorCode.SERVER_ERROR, wrong);
    }
    return megabytes * 1_000_000L;
  }

  /**
   * Returns what the node's cache of scores has come to since the node started: hits, misses,
   * hitRatio, evictions, entries, bytes, maximumBytes.
   */
  public Map<String, Object> scoreCacheStatistics() {
    return cache.statistics();
  }

  /**
   * Opens a model, or joins its other users. The caller closes what is returned when it needs it no
   * more.
   *
   * @param name of a directory below the model root; never a path
   * @throws SolrException with what to do if there is no such model or it cannot be opened
   */
  public synchronized Encoder acquire(String name) {
    OpenModel model = models.get(name);
    if (model == null) {
      model = new OpenModel(name, cache.of(open(directory(name))), new HashSet<>());
      models.put(name, model);
    }
    Encoder user = new SharedEncoder(model);
    model.users().add(user);
    return user;
  }

  /** Returns how many users each open model has, by its name. */
  synchronized Map<String, Integer> users() {
    Map<String, Integer> users = new TreeMap<>();
    models.forEach((name, model) -> users.put(name, model.users().size()));
    return users;
  }

  private Path directory(String name) {
    if (!NAME.matcher(name).matches() || name.equals(".") || name.equals("..")) {
      throw new SolrException(
          ErrorCode.SERVER_ERROR,
          "a model's name must be of letters, digits, '.', '_' and '-', and is no path; model='"
              + name
              + "'");
    }
    Path directory = root.resolve(name);
    if (!Files.isDirectory(directory)) {
      throw new SolrException(
          ErrorCode.SERVER_ERROR,
          "there is no model '"
              + name
              + "' in "
              + root
              + "; models there: "
              + available()
              + ". Copy its directory there, or set "
              + MODELS_PROPERTY
              + " to the folder that holds it");
    }
    return directory;
  }

  private List<String> available() {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(root)) {
      return entries
          .filter(entry -> Files.exists(entry.resolve("config.json")))
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw refusal("cannot list the models in " + root + ": " + e.getMessage(), e);
    }
  }

  private OnnxEncoder open(Path directory) {
    try {
      ModelDirectory model = ModelDirectory.open(directory);
      OnnxEncoder encoder = OnnxEncoder.open(model, pool);
      log.info(
          "opened model {} version {} ({}) from {}",
          model.manifest().name(),
          model.manifest().version(),
          model.manifest().task().key(),
          directory);
      model.notes().forEach(note -> log.info("model {}: {}", directory.getFileName(), note));
      return encoder;
    } catch (IOException e) {
      throw refusal(
          "model '" + directory.getFileName() + "' cannot be opened: " + e.getMessage(), e);
    } catch (LinkageError e) {
      throw refusal(nativeLibraryAdvice(e), e);
    }
  }

  /**
   * Keeps the cause for the log only: whoever has Solr create a core is shown the innermost cause's
   * message and no other.
   */
  private static SolrException refusal(String message, Throwable cause) {
    SolrException refusal = new SolrException(ErrorCode.SERVER_ERROR, message);
    refusal.addSuppressed(cause);
    return refusal;
  }

  private static String nativeLibraryAdvice(LinkageError error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return "ONNX Runtime's native library cannot be loaded ("
        + cause
        + "). It needs: on Linux glibc (Alpine's musl is not enough); a temporary folder that"
        + " libraries can be loaded from, java.io.tmpdir="
        + System.getProperty("java.io.tmpdir")
        + "; with Solr's security manager the line 'permission java.lang.RuntimePermission"
        + " \"loadLibrary.*\";' in server/etc/security.policy";
  }

  private synchronized void release(OpenModel model, Encoder user) throws IOException {
    if (model.users().remove(user) && model.users().isEmpty()) {
      models.remove(model.name(), model);
      model.encoder().close();
      log.info("closed model {}", model.name());
    }
  }

  /** Closes all models, whoever uses them. */
  @Override
  public synchronized void close() throws IOException {
    for (OpenModel model : models.values()) {
      model.encoder().close();
    }
    models.clear();
    pool.close();
  }

  private record OpenModel(String name, Encoder encoder, Set<Encoder> users) {}

  /** One user's hold on a model; closing it twice does no harm to the others. */
  private final class SharedEncoder implements Encoder {
    private final OpenModel shared;

    SharedEncoder(OpenModel shared) {
      this.shared = shared;
    }

    @Override
    public ModelDirectory model() {
      return shared.encoder().model();
    }

    @Override
    public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) throws IOException {
      return shared.encoder().encode(batch, deadline, lane);
    }

    @Override
    public void close() throws IOException {
      release(shared, this);
    }
  }
}
