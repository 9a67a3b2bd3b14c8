/**
 * Random numbers that are a pure function of a key, so that no generator state has to be saved.
 *
 * <p>Start reading at {@link org.solrelectra.training.random.KeyedRandom}.
 */
package org.solrelectra.training.random;
