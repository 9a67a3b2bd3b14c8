/**
 * Parameter updates: AdamW as ELECTRA uses it, warm-up and decay, layer-wise rates.
 *
 * <p>Start reading at {@link org.solrelectra.training.optimization.AdamW}.
 */
package org.solrelectra.training.optimization;
