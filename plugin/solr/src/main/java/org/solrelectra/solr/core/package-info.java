/**
 * Who owns a model that a Solr node has open, and closes it.
 *
 * <p>Start reading at {@link org.solrelectra.solr.core.EncoderRegistry}.
 */
package org.solrelectra.solr.core;
