/**
 * Public data sets as they are distributed, to the JSONL that fine-tuning reads: one preparer a
 * source.
 *
 * <p>Start reading at {@link org.solrelectra.training.prepare.Preparer}.
 */
package org.solrelectra.training.prepare;
