package org.solrelectra.training.dataset;

/**
 * A passage judged for a query.
 *
 * @param grade how relevant it is; 0 and below is not relevant
 */
public record LabeledPair(String query, String passage, int grade) {}
