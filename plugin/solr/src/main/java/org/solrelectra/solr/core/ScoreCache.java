package org.solrelectra.solr.core;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.encoder.TokenSequence;
import org.solrelectra.lucene.model.ModelDirectory;

/**
 * The logits of pairs of texts that a node's models computed, so that a second page, a repeated
 * query or an explanation runs nothing again. Exact: a sequence's logits are the same bits whatever
 * is computed beside it, and what is looked up by is the sequence itself, its tokens after
 * truncation, not the texts and parameters that it came from.
 *
 * <p>One cache for all models of a node, bounded in bytes. Single texts are not kept: what is
 * labelled at index time is rarely seen again, and would drive out what is. Threads may share it.
 */
final class ScoreCache {
  /**
   * What an entry takes with all that Caffeine keeps for it, besides its logits: 143 bytes were
   * measured on a heap with compressed pointers.
   */
  static final int ENTRY_BYTES = 160;

  private final long maximumBytes;
  private final Cache<Key, float[]> cache;
  private final AtomicLong models = new AtomicLong();

  /**
   * @param maximumBytes that entries may take; 0 for no cache
   */
  ScoreCache(long maximumBytes) {
    if (maximumBytes < 0) {
      throw new IllegalArgumentException(
          "maximumBytes must be at least 0; maximumBytes=" + maximumBytes);
    }
    this.maximumBytes = maximumBytes;
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight(maximumBytes)
            .weigher((Key key, float[] logits) -> ENTRY_BYTES + Float.BYTES * logits.length)
            .recordStats()
            .build();
  }

  /**
   * What a sequence is found by.
   *
   * @param model one number for each opened version
   * @param high with {@code low} 128 bits of the SHA-256 of the tokens: whoever writes documents
   *     cannot make one that gets another's score
   */
  private record Key(long model, long high, long low) {}

  /** Returns an encoder that asks the cache first; closing it closes the given one. */
  Encoder of(Encoder encoder) {
    // With labels a sequence has one row of logits; others have one a token.
    return maximumBytes == 0 || encoder.model().labels().isEmpty()
        ? encoder
        : new CachingEncoder(encoder, models.incrementAndGet());
  }

  /** Returns counts since the start: hits, misses, hitRatio, evictions, entries, bytes, maximum. */
  Map<String, Object> statistics() {
    CacheStats stats = cache.stats();
    Map<String, Object> statistics = new LinkedHashMap<>();
    statistics.put("hits", stats.hitCount());
    statistics.put("misses", stats.missCount());
    statistics.put("hitRatio", stats.requestCount() == 0 ? 0.0 : stats.hitRate());
    statistics.put("evictions", stats.evictionCount());
    statistics.put("entries", cache.estimatedSize());
    statistics.put(
        "bytes",
        cache.policy().eviction().map(Policy.Eviction::weightedSize).orElseThrow().orElse(0));
    statistics.put("maximumBytes", maximumBytes);
    return statistics;
  }

  private static Key key(long model, TokenSequence sequence) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * Integer.BYTES * sequence.length());
    bytes.asIntBuffer().put(sequence.inputIds()).put(sequence.tokenTypeIds());
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    ByteBuffer hash = ByteBuffer.wrap(digest.digest(bytes.array()));
    return new Key(model, hash.getLong(), hash.getLong());
  }

  private static boolean isPair(TokenSequence sequence) {
    // A pair ends with its second text's [SEP].
    return sequence.tokenTypeIds()[sequence.length() - 1] == 1;
  }

  private final class CachingEncoder implements Encoder {
    private final Encoder encoder;
    private final long number;
    private final AtomicBoolean closed = new AtomicBoolean();

    CachingEncoder(Encoder encoder, long number) {
      this.encoder = encoder;
      this.number = number;
    }

    @Override
    public ModelDirectory model() {
      return encoder.model();
    }

    @Override
    public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) throws IOException {
      if (deadline.isOver()) {
        // Then passages may be empty that were not read in time, and their scores are known.
        return encoder.encode(batch, deadline, lane);
      }
      List<TokenSequence> sequences = batch.sequences();
      float[][][] outputs = new float[sequences.size()][][];
      Key[] keys = new Key[outputs.length];
      List<TokenSequence> missing = new ArrayList<>();
      List<Integer> places = new ArrayList<>();
      for (int i = 0; i < outputs.length; i++) {
        TokenSequence sequence = sequences.get(i);
        float[] known = null;
        if (isPair(sequence)) {
          keys[i] = key(number, sequence);
          known = cache.getIfPresent(keys[i]);
        }
        if (known == null) {
          missing.add(sequence);
          places.add(i);
        } else {
          outputs[i] = new float[][] {known};
        }
      }
      // Also where nothing is asked for: the encoder says whether it is closed.
      if (!missing.isEmpty() || sequences.isEmpty()) {
        EncoderOutput computed =
            encoder.encode(new TokenBatch(missing, batch.truncatedQueries()), deadline, lane);
        for (int i = 0; i < places.size(); i++) {
          if (computed.isDone(i)) {
            int place = places.get(i);
            outputs[place] = new float[][] {computed.logits(i)};
            keep(keys[place], outputs[place][0]);
          }
        }
      }
      return new EncoderOutput(outputs);
    }

    private void keep(Key key, float[] logits) {
      if (key != null && !closed.get()) {
        cache.put(key, logits);
        // A run that was under way when the model was closed ends after it.
        if (closed.get()) {
          cache.invalidate(key);
        }
      }
    }

    @Override
    public void close() throws IOException {
      closed.set(true);
      cache.asMap().keySet().removeIf(key -> key.model() == number);
      encoder.close();
    }
  }
}
