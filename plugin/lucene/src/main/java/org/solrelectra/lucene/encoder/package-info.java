/**
 * Tokens to logits; all of ONNX Runtime. Shapes: a sequence is [seq], its logits [labels]; for one
 * logit a token they are [seq].
 *
 * <p>Start reading at {@link org.solrelectra.lucene.encoder.Encoder}.
 */
package org.solrelectra.lucene.encoder;
