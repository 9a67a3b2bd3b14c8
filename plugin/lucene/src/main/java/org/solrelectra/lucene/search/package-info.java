/**
 * Reranking with a cross-encoder, which reads query and passage together.
 *
 * <p>Start reading at {@link org.solrelectra.lucene.search.CrossEncoder}.
 */
package org.solrelectra.lucene.search;
