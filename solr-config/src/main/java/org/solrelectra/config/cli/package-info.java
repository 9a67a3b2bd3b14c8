/**
 * The command that starts the demo.
 *
 * <p>Start reading at {@link org.solrelectra.config.cli.DemoCli}.
 */
package org.solrelectra.config.cli;
