/**
 * Documents to shards of token ids, and shards to training sequences.
 *
 * <p>Start reading at {@link org.solrelectra.training.corpus.CorpusBuilder}.
 */
package org.solrelectra.training.corpus;
