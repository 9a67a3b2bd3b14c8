/**
 * Weights on disk: safetensors, Hugging Face's names, and exact save and resume.
 *
 * <p>Start reading at {@link org.solrelectra.training.checkpoint.Checkpoint}.
 */
package org.solrelectra.training.checkpoint;
