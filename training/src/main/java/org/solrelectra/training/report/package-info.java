/**
 * Pictures of what a run measured.
 *
 * <p>Start reading at {@link org.solrelectra.training.report.LearningCurve}.
 */
package org.solrelectra.training.report;
