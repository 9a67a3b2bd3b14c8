package org.solrelectra.config;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.solrelectra.config.HelpDesk.Hit;
import org.solrelectra.config.HelpDesk.Label;
import org.solrelectra.config.HelpDesk.Search;
import org.solrelectra.config.SampleDocuments.Message;
import org.solrelectra.config.SampleDocuments.Question;

/**
 * What the sample documents show: how many labels are what the author meant, and where the passages
 * that answer the questions stand before and after reranking.
 */
record DemoReport(List<Labelled> messages, List<Asked> questions) {
  private static final int RANKS = 10;
  private static final int MESSAGES_SHOWN = 10;
  private static final int QUESTIONS_SHOWN = 3;
  private static final int RANKS_SHOWN = 5;
  private static final int WIDTH = 100;
  private static final int LABEL = 40;
  private static final String HEADING = "label";
  private static final int TITLE = 47;

  /**
   * A message and its label.
   *
   * @param label null if it has none
   */
  record Labelled(Message message, Label label) {
    boolean agrees() {
      return label != null && label.name().equals(message.intent());
    }

    String shownLabel() {
      return label == null ? "-" : label.name();
    }
  }

  /** A question and the passages found for it. */
  record Asked(Question question, List<Hit> before, List<Hit> after) {}

  /** Reads the labels and asks the questions. */
  static DemoReport of(HelpDesk desk, SampleDocuments sample) throws IOException {
    Map<String, Label> labels = desk.labels(sample.messages());
    List<Labelled> messages =
        sample.messages().stream()
            .map(message -> new Labelled(message, labels.get(message.id())))
            .toList();
    List<Asked> questions = new ArrayList<>();
    for (Question question : sample.questions()) {
      questions.add(
          new Asked(
              question,
              desk.search(Search.FIRST_STAGE, question.question(), RANKS),
              desk.search(Search.RERANKED, question.question(), RANKS)));
    }
    return new DemoReport(messages, questions);
  }

  long agreeing() {
    return messages.stream().filter(Labelled::agrees).count();
  }

  double reciprocalRankBefore() {
    return questions.stream()
        .mapToDouble(asked -> reciprocalRank(asked.before(), asked.question().answers()))
        .average()
        .orElse(0);
  }

  double reciprocalRankAfter() {
    return questions.stream()
        .mapToDouble(asked -> reciprocalRank(asked.after(), asked.question().answers()))
        .average()
        .orElse(0);
  }

  private static double reciprocalRank(List<Hit> hits, List<String> answers) {
    for (int i = 0; i < hits.size(); i++) {
      if (answers.contains(hits.get(i).id())) {
        return 1.0 / (i + 1);
      }
    }
    return 0;
  }

  /** Returns the text that the demo prints, in lines of at most {@link #WIDTH} characters. */
  String text() {
    StringBuilder text = new StringBuilder();
    addMessages(text);
    addQuestions(text);
    return text.toString();
  }

  private void addMessages(StringBuilder text) {
    line(
        text,
        "Labels of %d customer messages: %d (%.0f %%) are what the author meant",
        messages.size(),
        agreeing(),
        100.0 * agreeing() / Math.max(1, messages.size()));
    List<Labelled> shown = messages.subList(0, Math.min(MESSAGES_SHOWN, messages.size()));
    int longest =
        shown.stream().mapToInt(labelled -> labelled.shownLabel().length()).max().orElse(0);
    int column = Math.min(Math.max(longest, HEADING.length()), LABEL);
    String row = "%s %-10s  %-" + column + "s  %s";
    line(text, row, " ", "confidence", HEADING, "message");
    for (Labelled labelled : shown) {
      line(
          text,
          row,
          labelled.agrees() ? " " : "x",
          labelled.label() == null ? "-" : number(labelled.label().confidence()),
          cut(labelled.shownLabel(), LABEL),
          labelled.message().text());
    }
    line(text, "(x: the author meant another one)");
    line(text, "");
  }

  private void addQuestions(StringBuilder text) {
    line(
        text,
        "MRR@%d of %d questions: %s in the first stage's order, %s reranked",
        RANKS,
        questions.size(),
        number(reciprocalRankBefore()),
        number(reciprocalRankAfter()));
    String row = "  %1s %-" + TITLE + "s  %-" + TITLE + "s";
    for (Asked asked : questions.subList(0, Math.min(QUESTIONS_SHOWN, questions.size()))) {
      line(text, "");
      line(text, "%s", asked.question().question());
      line(text, row, "", "  first stage", "  reranked");
      int ranks = Math.max(asked.before().size(), asked.after().size());
      for (int i = 0; i < Math.min(RANKS_SHOWN, ranks); i++) {
        line(
            text,
            row,
            i + 1,
            hit(asked.before(), i, asked.question()),
            hit(asked.after(), i, asked.question()));
      }
    }
    line(text, "(*: the passage that answers)");
  }

  private static String hit(List<Hit> hits, int rank, Question question) {
    if (rank >= hits.size()) {
      return "";
    }
    Hit hit = hits.get(rank);
    return cut((question.answers().contains(hit.id()) ? "* " : "  ") + hit.title(), TITLE);
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - 1) + "…";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private static void line(StringBuilder text, String format, Object... values) {
    String line = String.format(Locale.ROOT, format, values).stripTrailing();
    text.append(cut(line, WIDTH)).append('\n');
  }
}
