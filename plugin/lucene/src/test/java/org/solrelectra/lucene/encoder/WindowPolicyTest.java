package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WindowPolicyTest {
  private static WindowPolicy policy(int stride, int maxTokens) {
    return new WindowPolicy(8, stride, maxTokens, WindowPolicy.Aggregation.MAX);
  }

  @Test
  void eachTokenOfEachWindowIsLookedAtOnce() {
    int[] ids = new Random(1).ints(WindowPolicy.LONGEST, 0, 30_000).toArray();
    int room = 100;
    AtomicInteger looks = new AtomicInteger();
    List<PassageWindow> best =
        policy(25, 1000)
            .select(
                ids,
                room,
                8,
                id -> {
                  looks.incrementAndGet();
                  return id % 100 == 0;
                });
    assertEquals(8, best.size());
    int windows = PassageWindow.cover(ids.length, room, 25).size();
    assertTrue(looks.get() <= windows * room, looks + " looks at " + windows + " windows");
  }

  @Test
  void tokensOfEarlierPassagesCount() {
    assertEquals(policy(1, 60), policy(1, 100).after(40));
    assertEquals(policy(1, 0), policy(1, 100).after(100));
    assertEquals(policy(1, 0), policy(1, 100).after(Long.MAX_VALUE));
  }

  @Test
  void wrongNumbersAreRefused() {
    assertEquals(
        "maxWindows must be at least 1, stride and maxTokens at least 0; maxWindows=8, stride=1,"
            + " maxTokens=-1",
        assertThrows(IllegalArgumentException.class, () -> policy(1, -1)).getMessage());
  }
}
