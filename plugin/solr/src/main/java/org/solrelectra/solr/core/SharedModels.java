package org.solrelectra.solr.core;

import java.io.Closeable;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.model.ModelDirectory;

/**
 * Models that are open or being opened, and who uses them: the first user's wish opens a model, the
 * last one's leaving closes it.
 *
 * <p>A model is opened by a thread of its own, once for all who want it meanwhile. Who waits for it
 * waits for a limited time: a file system that does not answer, or a graph that ONNX Runtime never
 * gets ready, holds up neither the other models nor the node's stop. Such an opening is left to
 * itself and listed; what it opens after all is closed.
 *
 * <p>Threads may share it; the {@link EncoderRegistry} closes it.
 */
final class SharedModels implements Closeable {
  /** Each keeps a thread and what it has read; a node with more needs a restart. */
  static final int MOST_STUCK = 16;

  /** A model that has not opened so often will not open: it is to leave room for others. */
  static final int MOST_STUCK_OF_A_MODEL = 2;

  private static final Logger log = LoggerFactory.getLogger(MethodHandles.lookup().lookupClass());

  private final Opener opener;
  private final Duration openTimeout;
  private final LongSupplier nanoClock;
  private final AtomicBoolean closed = new AtomicBoolean();

  // Guarded by this. An alias will be one more key, and a new version another value of the same.
  private final Map<String, OpenModel> models = new HashMap<>();
  private final Set<OpenModel> stuck = new HashSet<>();

  /** Finds a model's directory and opens it. Takes as long as it takes. */
  @FunctionalInterface
  interface Opener {
    Encoder open(String name) throws IOException;
  }

  /**
   * @param nanoClock by which it is said how long an opening has taken; waiting is not measured by
   *     it
   */
  SharedModels(Opener opener, Duration openTimeout, LongSupplier nanoClock) {
    this.opener = opener;
    this.openTimeout = openTimeout;
    this.nanoClock = nanoClock;
  }

  /**
   * Opens a model, or joins its other users. The caller closes what is returned when it needs it no
   * more.
   *
   * @param name of a directory below the model root; never a path
   * @throws SolrException with what to do if there is no such model, it cannot be opened, or it
   *     takes too long
   */
  Encoder acquire(String name) {
    SharedEncoder user = join(name);
    boolean opened = false;
    try {
      user.shared.opened.get(openTimeout.toMillis(), TimeUnit.MILLISECONDS);
      opened = true;
      return user;
    } catch (ExecutionException e) {
      throw failure(name, e.getCause());
    } catch (TimeoutException e) {
      throw EncoderRegistry.refusal(
          "model '"
              + name
              + "' takes too long to open; it may take "
              + openTimeout.toSeconds()
              + " s ("
              + EncoderRegistry.OPEN_TIMEOUT_PROPERTY
              + ") and has taken "
              + seconds(user.shared)
              + ". Is its file system there?",
          e);
    } catch (CancellationException e) {
      throw EncoderRegistry.refusal("model '" + name + "' is not opened: the node stops", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw EncoderRegistry.refusal("interrupted while model '" + name + "' was opened", e);
    } finally {
      if (!opened) {
        giveUp(user);
      }
    }
  }

  private synchronized SharedEncoder join(String name) {
    if (closed.get()) {
      throw new SolrException(
          ErrorCode.SERVER_ERROR, "model '" + name + "' is not opened: the node stops");
    }
    OpenModel model = models.get(name);
    if (model == null) {
      if (stuck.stream().filter(opening -> opening.name.equals(name)).count()
          >= MOST_STUCK_OF_A_MODEL) {
        throw new SolrException(
            ErrorCode.SERVER_ERROR,
            "model '"
                + name
                + "' is not opened: "
                + MOST_STUCK_OF_A_MODEL
                + " openings of it have not ended. Is its file system there? Seconds since they"
                + " began: "
                + stuckSeconds().get(name));
      }
      if (stuck.size() >= MOST_STUCK) {
        throw new SolrException(
            ErrorCode.SERVER_ERROR,
            "model '"
                + name
                + "' is not opened: "
                + stuck.size()
                + " openings have not ended; at most "
                + MOST_STUCK
                + " may. Restart the node; seconds since they began: "
                + stuckSeconds());
      }
      OpenModel opening = new OpenModel(name, nanoClock.getAsLong());
      Thread thread = new Thread(() -> open(opening), "solr-electra-open-" + name);
      thread.setDaemon(true);
      thread.start();
      models.put(name, opening);
      model = opening;
    }
    SharedEncoder user = new SharedEncoder(model);
    model.users.add(user);
    return user;
  }

  /** Runs on the model's own thread. */
  private void open(OpenModel model) {
    try {
      Encoder encoder = opener.open(model.name);
      ModelDirectory directory = encoder.model();
      if (isWanted(model, encoder)) {
        log.info(
            "opened model {} version {} ({}) from {}",
            directory.manifest().name(),
            directory.manifest().version(),
            directory.manifest().task().key(),
            directory.path());
        directory.notes().forEach(note -> log.info("model {}: {}", model.name, note));
      } else {
        log.warn(
            "model {} was opened after {} s, when nobody waited for it any more: closed again",
            model.name,
            seconds(model));
        encoder.close();
      }
    } catch (IOException | RuntimeException | Error e) {
      end(model, e);
    }
  }

  private synchronized boolean isWanted(OpenModel model, Encoder encoder) {
    stuck.remove(model);
    return model.opened.complete(encoder);
  }

  private synchronized void end(OpenModel model, Throwable failure) {
    stuck.remove(model);
    models.remove(model.name, model);
    if (!model.opened.completeExceptionally(failure)) {
      log.warn(
          "model {}, for which nobody waited any more, could not be opened after {} s",
          model.name,
          seconds(model),
          failure);
    }
  }

  /** A new one for each who waited, with what happened on the opening's thread for the log. */
  private static SolrException failure(String name, Throwable cause) {
    if (cause instanceof SolrException refused) {
      return EncoderRegistry.refusal(refused.getMessage(), refused);
    }
    String reason = cause instanceof IOException ? cause.getMessage() : cause.toString();
    return EncoderRegistry.refusal("model '" + name + "' cannot be opened: " + reason, cause);
  }

  /** Leaves a model that was not opened, or was in the very moment. */
  private void giveUp(SharedEncoder user) {
    try {
      release(user.shared, user);
    } catch (IOException e) {
      log.error("model {} could not be closed", user.shared.name, e);
    }
  }

  /** Returns how many users each model has, those included that wait for it, by its name. */
  synchronized Map<String, Integer> users() {
    Map<String, Integer> users = new TreeMap<>();
    models.forEach((name, model) -> users.put(name, model.users.size()));
    return users;
  }

  /**
   * Returns how many models are being opened for somebody, how many openings are stuck, and of
   * which models, with the seconds since they began: opening, stuck, stuckModels.
   */
  synchronized Map<String, Object> openingStatistics() {
    Map<String, Object> statistics = new LinkedHashMap<>();
    statistics.put(
        "opening", models.values().stream().filter(model -> !model.opened.isDone()).count());
    statistics.put("stuck", stuck.size());
    statistics.put("stuckModels", stuckSeconds());
    return statistics;
  }

  private synchronized Map<String, Long> stuckSeconds() {
    Map<String, Long> seconds = new TreeMap<>();
    stuck.forEach(model -> seconds.merge(model.name, seconds(model), Math::max));
    return seconds;
  }

  private long seconds(OpenModel model) {
    return TimeUnit.NANOSECONDS.toSeconds(nanoClock.getAsLong() - model.beganNanos);
  }

  private void release(OpenModel model, Encoder user) throws IOException {
    synchronized (this) {
      if (!model.users.remove(user) || !model.users.isEmpty()) {
        return;
      }
      models.remove(model.name, model);
      abandon(model);
    }
    // Not with the lock held: other models are opened meanwhile.
    if (model.isOpen()) {
      model.encoder().close();
      log.info("closed model {}", model.name);
    }
  }

  /** Leaves an opening that has not ended to itself. */
  private void abandon(OpenModel model) {
    if (!model.opened.isDone()) {
      model.opened.cancel(false);
      stuck.add(model);
      log.warn("nobody waits any more for model {}, whose opening has not ended", model.name);
    }
  }

  /**
   * Closes all models, whoever uses them, and waits for none that is being opened. Goes on after a
   * failure.
   *
   * @throws IOException the first failure, with the others suppressed
   */
  @Override
  public void close() throws IOException {
    List<OpenModel> last;
    synchronized (this) {
      closed.set(true);
      last = new ArrayList<>(models.values());
      models.clear();
      last.forEach(this::abandon);
    }
    IOException failure = null;
    for (OpenModel model : last) {
      try {
        if (model.isOpen()) {
          model.encoder().close();
        }
      } catch (IOException | RuntimeException e) {
        log.error("model {} could not be closed", model.name, e);
        if (failure == null) {
          failure = new IOException("model '" + model.name + "' could not be closed", e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** A model that is open or being opened. */
  private static final class OpenModel {
    private final String name;
    private final long beganNanos;

    /** Cancelled if nobody wants it any more. */
    private final CompletableFuture<Encoder> opened = new CompletableFuture<>();

    /** Who has it or waits for it; guarded by the registry. */
    private final Set<Encoder> users = new HashSet<>();

    OpenModel(String name, long beganNanos) {
      this.name = name;
      this.beganNanos = beganNanos;
    }

    boolean isOpen() {
      return opened.isDone() && !opened.isCompletedExceptionally();
    }

    Encoder encoder() {
      return opened.join();
    }
  }

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
