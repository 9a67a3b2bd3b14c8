/**
 * From a pretrained discriminator to a classifier or a ranker.
 *
 * <p>Start reading at {@link org.solrelectra.training.finetune.FineTuner}.
 */
package org.solrelectra.training.finetune;
