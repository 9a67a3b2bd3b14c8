package org.solrelectra.lucene.model;

import java.util.List;
import java.util.Map;

/**
 * What a serving engine must know of a graph before it runs it.
 *
 * @param inputs names of the inputs
 * @param outputs for each output its dimensions; -1 where a dimension is not fixed
 * @param wordTableRows rows of the table that {@code input_ids} is looked up in; -1 if none was
 *     found
 * @param tokenTypeRows rows of the table that {@code token_type_ids} is looked up in; -1 if none
 *     was found
 * @param hasDynamicScales whether values are quantized by the least and largest of a whole run
 */
record OnnxGraph(
    List<String> inputs,
    Map<String, List<Long>> outputs,
    long wordTableRows,
    long tokenTypeRows,
    boolean hasDynamicScales) {}
