/**
 * Several processes that train one network together, over libtorch's process groups: Gloo on CPUs,
 * NCCL on GPUs. Start reading at {@link org.solrelectra.training.distributed.ProcessGroup}.
 */
package org.solrelectra.training.distributed;
