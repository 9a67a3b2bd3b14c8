package org.solrelectra.solr.update;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.solr.common.params.SolrParams;
import org.apache.solr.core.PluginInfo;
import org.apache.solr.core.SolrCore;
import org.apache.solr.request.SolrQueryRequest;
import org.apache.solr.update.processor.RunUpdateProcessorFactory;
import org.apache.solr.update.processor.TolerantUpdateProcessorFactory;
import org.apache.solr.update.processor.UpdateRequestProcessorChain;
import org.apache.solr.update.processor.UpdateRequestProcessorFactory;

/** The update chains of a core, and which orders of processors in them are wrong. */
final class UpdateChains {
  // Solr's parameters of a request that makes its own chain.
  private static final String PROCESSOR = "processor";
  private static final String POST_PROCESSOR = "post-processor";

  private UpdateChains() {}

  /** Returns the configured chains that have a processor, by their names; "" for one without. */
  static Map<String, List<UpdateRequestProcessorFactory>> with(
      UpdateRequestProcessorFactory processor, SolrCore core) {
    Map<String, List<UpdateRequestProcessorFactory>> chains = new TreeMap<>();
    for (PluginInfo info :
        core.getSolrConfig().getPluginInfos(UpdateRequestProcessorChain.class.getName())) {
      List<UpdateRequestProcessorFactory> chain =
          core.getUpdateProcessingChain(info.name).getProcessors();
      if (chain.contains(processor)) {
        chains.put(info.name == null ? "" : info.name, chain);
      }
    }
    return chains;
  }

  /** Returns the chain that a request has made for itself, which nobody has seen before. */
  static Optional<List<UpdateRequestProcessorFactory>> ofRequest(SolrQueryRequest request) {
    SolrParams params = request.getParams();
    return params.get(PROCESSOR) == null && params.get(POST_PROCESSOR) == null
        ? Optional.empty()
        : Optional.of(request.getCore().getUpdateProcessorChain(params).getProcessors());
  }

  /** Returns whose error it is, to begin its message with; "" if no chain has the processor. */
  static String prefix(UpdateRequestProcessorFactory processor, SolrCore core) {
    List<String> names = List.copyOf(with(processor, core).keySet());
    return switch (names.size()) {
      case 0 -> "";
      case 1 -> prefix(names.get(0));
      default -> "chains " + names + ": ";
    };
  }

  static String prefix(String chain) {
    return chain.isEmpty() ? "" : "chain '" + chain + "': ";
  }

  /** Returns what is wrong with the place of the processor that reads ahead. */
  static Optional<String> faultOfReadingAhead(List<UpdateRequestProcessorFactory> chain) {
    int place = -1;
    boolean isUsed = false;
    for (int i = 0; i < chain.size(); i++) {
      UpdateRequestProcessorFactory processor = chain.get(i);
      if (processor instanceof ParallelTextClassificationUpdateProcessorFactory) {
        if (place >= 0) {
          return Optional.of("it must stand in the chain once");
        }
        place = i;
      } else if (processor instanceof TolerantUpdateProcessorFactory && place < 0) {
        return mustStandBefore(TolerantUpdateProcessorFactory.class);
      } else if (processor instanceof TextClassificationUpdateProcessorFactory) {
        if (place < 0) {
          return mustStandBefore(TextClassificationUpdateProcessorFactory.class);
        }
        isUsed = true;
      }
    }
    return isUsed
        ? Optional.empty()
        : Optional.of(
            "there is nothing to do for it in parallel; put a "
                + TextClassificationUpdateProcessorFactory.class.getSimpleName()
                + " behind it in the chain");
  }

  /** Returns what is wrong with the place of a labelling processor. */
  static Optional<String> faultOfLabelling(
      TextClassificationUpdateProcessorFactory processor,
      List<UpdateRequestProcessorFactory> chain) {
    for (UpdateRequestProcessorFactory other : chain.subList(0, chain.indexOf(processor))) {
      if (other instanceof RunUpdateProcessorFactory) {
        return mustStandBefore(RunUpdateProcessorFactory.class);
      }
      if (other instanceof TextClassificationUpdateProcessorFactory labelling) {
        List<String> both = new ArrayList<>(labelling.labelFields());
        both.retainAll(processor.labelFields());
        if (!both.isEmpty()) {
          return Optional.of(
              "fields " + both + " are written by two processors, and the second would win");
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> mustStandBefore(Class<?> other) {
    return Optional.of("it must stand before " + other.getSimpleName() + " in the chain");
  }
}
