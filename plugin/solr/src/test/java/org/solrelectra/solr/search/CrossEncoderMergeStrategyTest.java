package org.solrelectra.solr.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.solrelectra.solr.search.ReRankParameters.OnError;
import org.solrelectra.solr.search.ReRankReport.Status;

class CrossEncoderMergeStrategyTest {
  private final Map<String, ReRankReport> reports = new LinkedHashMap<>();

  @Test
  void worstStatusSummedCountsAndReasonsByShard() {
    reports.put("shard1", new ReRankReport(Status.OK, 5, 1, null));
    reports.put("shard2", new ReRankReport(Status.ORIGINAL, 0, 2, "no luck"));
    reports.put("shard3", new ReRankReport(Status.PARTIAL, 3, 0, "no time"));
    assertEquals(
        "{status=partial, reRanked=8, truncatedQueries=3,"
            + " reasons={shard2=no luck, shard3=no time}}",
        CrossEncoderMergeStrategy.merged(reports).toString());
  }

  @Test
  void shardsThatAreWellNeedNoReasons() {
    reports.put("shard1", new ReRankReport(Status.OK, 5, 1, null));
    reports.put("shard2", new ReRankReport(Status.OK, 2, 0, null));
    assertEquals(
        "{status=ok, reRanked=7, truncatedQueries=1}",
        CrossEncoderMergeStrategy.merged(reports).toString());
  }

  @Test
  void originalOnlyIfNoShardReRanked() {
    reports.put("shard1", new ReRankReport(Status.ORIGINAL, 0, 0, "no time"));
    reports.put("shard2", new ReRankReport(Status.OK, 0, 0, null));
    assertEquals(
        "{status=original, reRanked=0, truncatedQueries=0, reasons={shard1=no time}}",
        CrossEncoderMergeStrategy.merged(reports).toString());
  }

  @Test
  void sectionIsReadAsItWasWritten() {
    for (ReRankReport report :
        new ReRankReport[] {
          new ReRankReport(Status.PARTIAL, 3, 2, "no time"), ReRankReport.NOTHING_TO_DO
        }) {
      assertEquals(report, ReRankReport.ofSection(report.section()));
    }
  }

  @Test
  void leavesTheDocumentsToSolr() {
    CrossEncoderMergeStrategy strategy = new CrossEncoderMergeStrategy("a", OnError.ORIGINAL);
    assertFalse(strategy.mergesIds());
    assertFalse(strategy.handlesMergeFields());
  }
}
