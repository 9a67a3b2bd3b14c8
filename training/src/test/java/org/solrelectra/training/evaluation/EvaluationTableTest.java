package org.solrelectra.training.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationTableTest {
  private static final List<EvaluationTable.Column> COLUMNS =
      List.of(
          new EvaluationTable.Column("MRR@10", "mrr10"), new EvaluationTable.Column("MAP", "map"));

  @Test
  void aTableIsReadByPeopleAndPrograms() {
    Map<String, Integer> counts = new LinkedHashMap<>();
    counts.put("queries", 6);
    counts.put("sequences", 30);
    Map<String, List<Double>> rows = new LinkedHashMap<>();
    rows.put("model", List.of(0.25, 1.0));
    rows.put("bm25", List.of(0.125, 0.5));
    EvaluationTable table = new EvaluationTable(counts, COLUMNS, rows);
    String blanks = " ".repeat(36);
    assertEquals(
        List.of(
            "6 queries, 30 sequences",
            blanks + "   MRR@10      MAP",
            "model" + blanks.substring(5) + "   0.2500   1.0000",
            "bm25" + blanks.substring(4) + "   0.1250   0.5000"),
        table.asText().lines().toList());
    ObjectNode json = new ObjectMapper().createObjectNode();
    table.writeTo(json);
    assertEquals(
        "{\"queries\":6,\"sequences\":30,\"model\":{\"mrr10\":0.25,\"map\":1.0},"
            + "\"bm25\":{\"mrr10\":0.125,\"map\":0.5}}",
        json.toString());
  }

  @Test
  void aRowHasAValueForEachColumn() {
    assertEquals(
        "row 'model' must have one value a column, 2; values=1",
        assertThrows(
                IllegalArgumentException.class,
                () -> new EvaluationTable(Map.of(), COLUMNS, Map.of("model", List.of(1.0))))
            .getMessage());
  }
}
