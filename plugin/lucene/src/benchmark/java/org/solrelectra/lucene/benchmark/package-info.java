/**
 * Benchmarks of parts, with JMH.
 *
 * <p>Start reading at {@link org.solrelectra.lucene.benchmark.PairScoringBenchmark}.
 */
package org.solrelectra.lucene.benchmark;
