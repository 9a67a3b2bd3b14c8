/**
 * From a trained network to a model directory that the plugin opens.
 *
 * <p>Start reading at {@link org.solrelectra.training.export.ModelExporter}.
 */
package org.solrelectra.training.export;
