/**
 * What is learnt, one class each. A task says everything about itself: how its examples are read,
 * which head the network has, the loss, the quality on a development set, the calibration, what is
 * measured. Trainer, exporter, evaluator and quantizer know no task by name; {@link
 * org.solrelectra.training.task.Tasks} lists all.
 *
 * <p>Start reading at {@link org.solrelectra.training.task.ModelTask}.
 */
package org.solrelectra.training.task;
