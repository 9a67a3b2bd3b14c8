package org.solrelectra.training.prepare;

import java.util.Locale;

/**
 * The sources that can be prepared. What weights may be shipped from is a question of their
 * licences.
 */
public enum Source {
  BANKING77,
  MEDQUAD,
  LIVEQA,
  OPENQA,
  SQUAD,
  SELQA,
  WIKIQA,
  TRECQA,
  SST2,
  QNLI;

  /** Returns what reads the source's files. */
  public Preparer preparer() {
    return switch (this) {
      case BANKING77 -> new Banking77();
      case MEDQUAD -> new MedQuad();
      case LIVEQA -> new LiveQaAnswers();
      case OPENQA -> new OpenQuestions();
      case SQUAD -> new SquadSentences();
      case SELQA -> new SelQa();
      case WIKIQA -> new WikiQa();
      case TRECQA -> new TrecQa();
      case SST2 -> Glue.sst2();
      case QNLI -> Glue.qnli();
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
