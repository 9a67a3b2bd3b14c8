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
      sequences.add(of(example.text(), example.pair(), batches));
    }
    return sequences;
  }

  /**
   * Returns a text, or a pair of texts, as one sequence.
   *
   * @param pair null if there is one text alone
   */
  public static TokenSequence of(String text, String pair, TokenBatchBuilder batches) {
    return pair == null
        ? batches.texts(List.of(text)).sequences().get(0)
        : batches.pairs(text, List.of(pair)).sequences().get(0);
  }
}
