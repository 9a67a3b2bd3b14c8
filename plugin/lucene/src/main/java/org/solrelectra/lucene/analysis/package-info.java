/**
 * Text to WordPiece tokens with offsets, exactly as Hugging Face's fast {@code BertTokenizer}.
 *
 * <p>Start reading at {@link org.solrelectra.lucene.analysis.WordPieceEncoder}.
 */
package org.solrelectra.lucene.analysis;
