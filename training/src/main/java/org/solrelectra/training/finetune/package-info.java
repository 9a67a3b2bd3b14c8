/**
 * From a pretrained discriminator to a model that does a task.
 *
 * <p>Start reading at {@link org.solrelectra.training.finetune.FineTuner}.
 */
package org.solrelectra.training.finetune;
