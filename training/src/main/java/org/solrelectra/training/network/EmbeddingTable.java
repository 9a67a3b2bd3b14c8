package org.solrelectra.training.network;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Rows that are looked up: a trained table, or the trained difference to a table that another
 * network trains.
 */
final class EmbeddingTable {
  private final Tensor trained;
  private final EmbeddingTable base;

  /**
   * @param trained [rows, width]
   * @param base what {@code trained} is the difference to; no gradient flows into it; null if
   *     {@code trained} is the table itself
   */
  EmbeddingTable(Tensor trained, EmbeddingTable base) {
    this.trained = trained;
    this.base = base;
  }

  /** Maps int64 [...] to [..., width]. */
  Tensor lookUp(Tensor ids) {
    Tensor found = torch.embedding(trained, ids);
    return base == null ? found : found.add(base.lookUp(ids).detach());
  }

  /** Returns the first rows, [count, width]. */
  Tensor first(long count) {
    Tensor found = trained.narrow(0, 0, count);
    return base == null ? found : found.add(base.first(count).detach());
  }

  /** Returns all rows, [rows, width]. */
  Tensor all() {
    return base == null ? trained : trained.add(base.all().detach());
  }
}
