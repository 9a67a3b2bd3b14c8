/**
 * How error messages say what was found.
 *
 * <p>Start reading at {@link org.solrelectra.training.message.Excerpt}.
 */
package org.solrelectra.training.message;
