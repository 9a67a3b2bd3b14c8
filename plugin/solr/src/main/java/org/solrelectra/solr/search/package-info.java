/**
 * Reranking at query time: {@code rq={!crossEncoder …}}.
 *
 * <p>Start reading at {@link org.solrelectra.solr.search.CrossEncoderQParserPlugin}, then {@link
 * org.solrelectra.solr.search.CrossEncoderReRankCollector}.
 */
package org.solrelectra.solr.search;
