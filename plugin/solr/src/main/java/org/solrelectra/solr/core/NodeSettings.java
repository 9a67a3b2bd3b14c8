package org.solrelectra.solr.core;

import java.time.Duration;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.util.EnvUtils;
import org.solrelectra.lucene.encoder.OpeningLimits;
import org.solrelectra.lucene.encoder.WorkerPool;
import org.solrelectra.lucene.model.Excerpt;

/**
 * What can be set for all models of a node, by properties.
 *
 * @param cacheBytes that scores may take; 0 for no cache
 * @param indexingShare of the models' time, which documents get while queries wait; at least 0 and
 *     less than 1
 * @param openTimeout how long a core waits for a model to open
 * @param limits what a model may take when it is opened
 */
record NodeSettings(
    long cacheBytes, double indexingShare, Duration openTimeout, OpeningLimits limits) {
  private static final int BYTES_OF_A_MEGABYTE = 1_000_000;
  private static final int LARGEST_MEGABYTES = 1 << 20;
  private static final int DEFAULT_CACHE_MEGABYTES = 32;
  private static final int DEFAULT_TIMEOUT_SECONDS = 60;
  private static final int LONGEST_TIMEOUT_SECONDS = 86_400;

  /** Reads the properties. */
  static NodeSettings read() {
    long cacheBytes =
        BYTES_OF_A_MEGABYTE
            * whole(EncoderRegistry.CACHE_PROPERTY, 0, LARGEST_MEGABYTES, DEFAULT_CACHE_MEGABYTES);
    double indexingShare = readIndexingShare();
    Duration openTimeout =
        Duration.ofSeconds(
            whole(
                EncoderRegistry.OPEN_TIMEOUT_PROPERTY,
                1,
                LONGEST_TIMEOUT_SECONDS,
                DEFAULT_TIMEOUT_SECONDS));
    long machinesBytes = OpeningLimits.ofThisMachine().memoryBytes();
    long modelMegabytes = whole(EncoderRegistry.MODEL_MEMORY_PROPERTY, 1, LARGEST_MEGABYTES, 0);
    return new NodeSettings(
        cacheBytes,
        indexingShare,
        openTimeout,
        // Half of the time: whoever waits is to be told why, and not only that it took too long.
        new OpeningLimits(
            modelMegabytes == 0 ? machinesBytes : modelMegabytes * BYTES_OF_A_MEGABYTE,
            openTimeout.toMillis() / 2));
  }

  private static long whole(String property, int least, int most, int byDefault) {
    String value = EnvUtils.getProperty(property);
    if (value == null) {
      return byDefault;
    }
    String range = "a whole number from " + least + " to " + most;
    long number;
    try {
      number = Long.parseLong(value.strip());
    } catch (NumberFormatException e) {
      throw wrong(property, range, value);
    }
    if (number < least || number > most) {
      throw wrong(property, range, value);
    }
    return number;
  }

  private static double readIndexingShare() {
    String property = EncoderRegistry.INDEXING_SHARE_PROPERTY;
    String value = EnvUtils.getProperty(property);
    if (value == null) {
      return WorkerPool.DEFAULT_INDEXING_SHARE;
    }
    String range = "a number of at least 0 and less than 1";
    double share;
    try {
      share = Double.parseDouble(value.strip());
    } catch (NumberFormatException e) {
      throw wrong(property, range, value);
    }
    if (!(share >= 0 && share < 1)) {
      throw wrong(property, range, value);
    }
    return share;
  }

  private static SolrException wrong(String property, String expected, String value) {
    return new SolrException(
        ErrorCode.SERVER_ERROR,
        property + " must be " + expected + "; " + property + "=" + Excerpt.of(value));
  }
}
