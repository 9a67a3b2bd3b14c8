package org.solrelectra.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.solrelectra.config.DemoReport.Asked;
import org.solrelectra.config.DemoReport.Labelled;
import org.solrelectra.config.HelpDesk.Hit;
import org.solrelectra.config.HelpDesk.Label;
import org.solrelectra.config.SampleDocuments.Message;
import org.solrelectra.config.SampleDocuments.Question;

class DemoReportTest {
  private static final Hit RIGHT = new Hit("r", "The right passage");
  private static final Hit WRONG = new Hit("w", "Another passage");

  private static final DemoReport REPORT =
      new DemoReport(
          List.of(
              new Labelled(new Message("m1", "I lost it", "lost"), new Label("lost", 0.987)),
              new Labelled(new Message("m2", "What rate?", "rate"), new Label("lost", 0.34)),
              new Labelled(new Message("m3", "Hello", "rate"), null)),
          List.of(
              new Asked(
                  new Question("q1", "Where is it?", List.of("r", "x")),
                  List.of(WRONG, RIGHT),
                  List.of(RIGHT, WRONG)),
              new Asked(
                  new Question("q2", "What is it?", List.of("x")),
                  List.of(WRONG),
                  List.of(WRONG))));

  @Test
  void countsWhatItShows() {
    assertEquals(1, REPORT.agreeing());
    assertEquals(0.25, REPORT.reciprocalRankBefore());
    assertEquals(0.5, REPORT.reciprocalRankAfter());
  }

  @Test
  void printsLabelsAndBothOrders() {
    assertEquals(
        """
        Labels of 3 customer messages: 1 (33 %) are what the author meant
          confidence  label  message
          0.99        lost   I lost it
        x 0.34        lost   What rate?
        x -           -      Hello
        (x: the author meant another one)

        MRR@10 of 2 questions: 0.25 in the first stage's order, 0.50 reranked

        Where is it?
              first stage                                      reranked
          1   Another passage                                * The right passage
          2 * The right passage                                Another passage

        What is it?
              first stage                                      reranked
          1   Another passage                                  Another passage
        (*: the passage that answers)
        """,
        REPORT.text());
  }
}
