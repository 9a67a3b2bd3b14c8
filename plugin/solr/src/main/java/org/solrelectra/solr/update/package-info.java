/**
 * Labels at index time: an update processor that writes a classifier's labels into the documents
 * that pass.
 *
 * <p>Start reading at {@link org.solrelectra.solr.update.TextClassificationUpdateProcessorFactory}.
 */
package org.solrelectra.solr.update;
