package org.solrelectra.training.dataset;

/** A text and the one label it has. */
public record LabeledText(String text, String label) {}
