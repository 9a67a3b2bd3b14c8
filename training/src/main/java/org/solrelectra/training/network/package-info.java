/**
 * The ELECTRA networks in libtorch. Shapes are written with the words batch, seq, hidden, heads,
 * headSize, vocab, labels; {@code embedding} is the width of the embedding block, {@code masked}
 * the number of masked positions of a batch.
 *
 * <p>Start reading at {@link org.solrelectra.training.network.ElectraEncoder}.
 */
package org.solrelectra.training.network;
