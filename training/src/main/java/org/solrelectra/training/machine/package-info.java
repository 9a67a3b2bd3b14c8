/**
 * What native code needs and what a machine has: shared libraries, the GPU code in them, GPUs.
 *
 * <p>Start reading at {@link org.solrelectra.training.machine.LibrarySearch}.
 */
package org.solrelectra.training.machine;
