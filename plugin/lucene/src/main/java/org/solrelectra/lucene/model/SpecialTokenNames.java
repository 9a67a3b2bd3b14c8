package org.solrelectra.lucene.model;

import java.util.List;

/**
 * How a vocabulary writes the five special tokens of BERT: {@code [CLS]} or, in some, {@code <s>}.
 */
public record SpecialTokenNames(String pad, String unk, String cls, String sep, String mask) {
  /** As BERT's and ELECTRA's vocabularies write them. */
  public static final SpecialTokenNames BERT =
      new SpecialTokenNames(
          Vocabulary.PAD, Vocabulary.UNK, Vocabulary.CLS, Vocabulary.SEP, Vocabulary.MASK);

  /** Returns all five in BERT's order. */
  public List<String> all() {
    return List.of(pad, unk, cls, sep, mask);
  }
}
