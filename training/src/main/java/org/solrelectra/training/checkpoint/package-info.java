/**
 * Weights on disk: safetensors, PyTorch's and TensorFlow's files, Hugging Face's names, and exact
 * save and resume.
 *
 * <p>Start reading at {@link org.solrelectra.training.checkpoint.Checkpoint}.
 */
package org.solrelectra.training.checkpoint;
