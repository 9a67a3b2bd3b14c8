package org.solrelectra.training.dataset;

import java.util.ArrayList;
import java.util.List;
import org.solrelectra.lucene.encoder.TokenBatchBuilder;
import org.solrelectra.lucene.encoder.TokenSequence;

/** Labelled texts as a network reads them. */
public final class TextSequences {
  private TextSequences() {}

  /** Returns one sequence an example, {@code [CLS] text [SEP]} or {@code … pair [SEP]}. */
  public static List<TokenSequence> of(List<LabeledText> examples, TokenBatchBuilder batches) {
    List<TokenSequence> sequences = new ArrayList<>(examples.size());
    for (LabeledText example : examples) {
      sequences.addAll(
          example.pair() == null
              ? batches.texts(List.of(example.text())).sequences()
              : batches.pairs(example.text(), List.of(example.pair())).sequences());
    }
    return sequences;
  }
}
