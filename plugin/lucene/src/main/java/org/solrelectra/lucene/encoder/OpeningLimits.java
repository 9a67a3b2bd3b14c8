package org.solrelectra.lucene.encoder;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What a model may take when it is opened, so that a graph that is broken or hostile is refused and
 * does not take the process with it.
 *
 * @param memoryBytes for the largest tensor that the graph declares, and by which resident memory
 *     may grow while it is run on longer and longer sequences
 * @param selfTestMillis for all runs of the self-test together
 */
public record OpeningLimits(long memoryBytes, long selfTestMillis) {
  /** The share of the machine's memory that one model may take by default: a quarter. */
  private static final int MACHINES_SHARE = 4;

  private static final long SELF_TEST_MILLIS = 30_000;

  public OpeningLimits {
    if (memoryBytes < 1) {
      throw new IllegalArgumentException(
          "memoryBytes must be at least 1; memoryBytes=" + memoryBytes);
    }
    if (selfTestMillis < 1) {
      throw new IllegalArgumentException(
          "selfTestMillis must be at least 1; selfTestMillis=" + selfTestMillis);
    }
  }

  /** Returns the default: a quarter of the machine's or container's memory, and half a minute. */
  public static OpeningLimits ofThisMachine() {
    return new OpeningLimits(machinesBytes() / MACHINES_SHARE, SELF_TEST_MILLIS);
  }

  /** Asked for by name: the class that has it is not one that every Java has. */
  private static long machinesBytes() {
    try {
      Object bytes =
          ManagementFactory.getPlatformMBeanServer()
              .getAttribute(
                  new ObjectName(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME),
                  "TotalPhysicalMemorySize");
      return ((Number) bytes).longValue();
    } catch (JMException e) {
      throw new IllegalStateException("Java does not say how much memory the machine has", e);
    }
  }
}
