/**
 * Parameter updates: AdamW as ELECTRA uses it, Muon, warm-up and decay, layer-wise rates.
 *
 * <p>Start reading at {@link org.solrelectra.training.optimization.Optimizer}.
 */
package org.solrelectra.training.optimization;
