/**
 * Packs the running program, a Java runtime and libtorch for a machine that has neither Java nor a
 * network.
 *
 * <p>Start reading at {@link org.solrelectra.training.bundle.BundleWriter}.
 */
package org.solrelectra.training.bundle;
