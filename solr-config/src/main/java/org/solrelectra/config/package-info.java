/**
 * A real Solr with the configset, the models and the sample documents of this folder.
 *
 * <p>Start reading at {@link org.solrelectra.config.Demo}.
 */
package org.solrelectra.config;
