/**
 * How good a model is: measures of classification and ranking, and what they are set beside. No
 * libtorch.
 *
 * <p>Start reading at {@link org.solrelectra.training.evaluation.ClassificationMetrics}.
 */
package org.solrelectra.training.evaluation;
