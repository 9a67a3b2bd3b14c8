/**
 * What a pretraining run measures while it runs: its lines of {@code metrics.jsonl}, and the same
 * numbers for TensorBoard. No libtorch.
 *
 * <p>Start reading at {@link org.solrelectra.training.metrics.MetricsFile}.
 */
package org.solrelectra.training.metrics;
