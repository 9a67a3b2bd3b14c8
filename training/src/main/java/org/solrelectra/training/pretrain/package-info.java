/**
 * Replaced token detection (Clark et al. 2020): a generator that fills masked positions and a
 * discriminator that finds what it filled in, trained together.
 *
 * <p>Start reading at {@link org.solrelectra.training.pretrain.Pretrainer}.
 */
package org.solrelectra.training.pretrain;
