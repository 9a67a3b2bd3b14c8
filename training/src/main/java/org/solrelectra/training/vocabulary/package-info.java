/**
 * Learns the word pieces of a corpus.
 *
 * <p>Start reading at {@link org.solrelectra.training.vocabulary.WordPieceTrainer}.
 */
package org.solrelectra.training.vocabulary;
