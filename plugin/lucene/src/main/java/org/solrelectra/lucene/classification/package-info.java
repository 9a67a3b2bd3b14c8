/**
 * Labels of texts: Lucene's Classifier over an encoder.
 *
 * <p>Start reading at {@link org.solrelectra.lucene.classification.EncoderClassifier}.
 */
package org.solrelectra.lucene.classification;
