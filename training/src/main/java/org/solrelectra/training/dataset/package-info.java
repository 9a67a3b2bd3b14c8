/**
 * Labelled examples in files: what fine-tuning and evaluation read and preparers write.
 *
 * <p>Start reading at {@link org.solrelectra.training.dataset.DatasetReader}.
 */
package org.solrelectra.training.dataset;
