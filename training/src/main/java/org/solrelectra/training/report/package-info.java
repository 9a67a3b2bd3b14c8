/**
 * Pictures of what runs measured: a page of curves, and a PNG for Markdown. No libtorch.
 *
 * <p>Start reading at {@link org.solrelectra.training.report.HtmlReport}.
 */
package org.solrelectra.training.report;
