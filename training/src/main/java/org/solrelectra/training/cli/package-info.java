/**
 * The command line {@code electra}: one class per command, and all that touches the console.
 *
 * <p>Start reading at {@link org.solrelectra.training.cli.TrainingCli}.
 */
package org.solrelectra.training.cli;
