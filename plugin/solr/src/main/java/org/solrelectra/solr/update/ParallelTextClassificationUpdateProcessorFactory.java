package org.solrelectra.solr.update;

import java.util.ArrayList;
import java.util.List;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.core.SolrCore;
import org.apache.solr.request.SolrQueryRequest;
import org.apache.solr.response.SolrQueryResponse;
import org.apache.solr.update.processor.UpdateRequestProcessor;
import org.apache.solr.update.processor.UpdateRequestProcessorFactory;
import org.apache.solr.util.plugin.SolrCoreAware;
import org.solrelectra.lucene.model.Excerpt;

/**
 * Has the documents of one update request labelled on all cores: stands before {@link
 * TextClassificationUpdateProcessorFactory}, several of them if need be, reads some documents
 * ahead, has them classified side by side, and passes them on one after another.
 *
 * <pre class="solrconfig">{@code
 * <updateRequestProcessorChain name="label">
 *   <processor class="org.solrelectra.solr.update.ParallelTextClassificationUpdateProcessorFactory"/>
 *   <processor class="solr.TolerantUpdateProcessorFactory"/>
 *   <processor class="org.solrelectra.solr.update.TextClassificationUpdateProcessorFactory">
 *     <str name="model">banking-intents</str>
 *     <str name="inputField">message</str>
 *     <str name="outputField">intent</str>
 *   </processor>
 *   <processor class="solr.DistributedUpdateProcessorFactory"/>
 *   <processor class="solr.RunUpdateProcessorFactory"/>
 * </updateRequestProcessorChain>
 * }</pre>
 *
 * <p>What comes behind sees the same documents in the same order, and a document that is refused is
 * refused there, by itself: what is indexed, and what is reported, is the same as without it. So it
 * stands before {@code TolerantUpdateProcessorFactory}, and behind processors that change the text
 * that is labelled: of a text that is changed after it was read, the labels are computed again. A
 * core with a chain in which it stands elsewhere, twice or alone is refused; a request that makes
 * such a chain is, too.
 *
 * <p>Parameter: {@code batchSize}, how many documents are read ahead at most, 1 to 1000; 64.
 */
public final class ParallelTextClassificationUpdateProcessorFactory
    extends UpdateRequestProcessorFactory implements SolrCoreAware {
  private static final String BATCH_SIZE = "batchSize";
  private static final int DEFAULT_BATCH_SIZE = 64;
  private static final int LARGEST_BATCH_SIZE = 1000;

  /** Where the classifying processors of a request's chain are found: it is made from its end. */
  private static final String CLASSIFIERS =
      ParallelTextClassificationUpdateProcessorFactory.class.getName();

  private int batchSize = DEFAULT_BATCH_SIZE;

  /** Reads the parameter; refuses wrong and unknown ones by name. */
  @Override
  public void init(NamedList<?> args) {
    for (int i = 0; i < args.size(); i++) {
      if (!BATCH_SIZE.equals(args.getName(i))) {
        throw wrong(
            ErrorCode.SERVER_ERROR,
            "unknown parameter '" + Excerpt.of(args.getName(i)) + "'; known: [" + BATCH_SIZE + "]");
      }
    }
    List<?> values = args.getAll(BATCH_SIZE);
    if (!values.isEmpty()) {
      batchSize = batchSize(values);
    }
  }

  private static int batchSize(List<?> values) {
    try {
      int size = Integer.parseInt(values.get(0).toString());
      if (values.size() == 1 && size >= 1 && size <= LARGEST_BATCH_SIZE) {
        return size;
      }
    } catch (NumberFormatException e) {
      // Below, as any other wrong value.
    }
    throw wrong(
        ErrorCode.SERVER_ERROR,
        BATCH_SIZE
            + " must be one whole number in 1.."
            + LARGEST_BATCH_SIZE
            + "; "
            + BATCH_SIZE
            + "="
            + Excerpt.of(values));
  }

  /** Makes a classifying processor known to the one that stands before it in the chain. */
  static void announce(SolrQueryRequest request, TextClassificationUpdateProcessor classifier) {
    classifiers(request.getContext().computeIfAbsent(CLASSIFIERS, key -> new ArrayList<>()))
        .add(classifier);
  }

  @SuppressWarnings("unchecked")
  private static List<TextClassificationUpdateProcessor> classifiers(Object value) {
    return (List<TextClassificationUpdateProcessor>) value;
  }

  /** Refuses a chain in which it has no right place. */
  @Override
  public void inform(SolrCore core) {
    UpdateChains.with(this, core)
        .forEach(
            (name, chain) ->
                UpdateChains.faultOfReadingAhead(chain)
                    .ifPresent(
                        fault -> {
                          throw wrong(ErrorCode.SERVER_ERROR, UpdateChains.prefix(name) + fault);
                        }));
  }

  @Override
  public UpdateRequestProcessor getInstance(
      SolrQueryRequest req, SolrQueryResponse rsp, UpdateRequestProcessor next) {
    UpdateChains.ofRequest(req)
        .flatMap(UpdateChains::faultOfReadingAhead)
        .ifPresent(
            fault -> {
              throw wrong(ErrorCode.BAD_REQUEST, fault);
            });
    Object announced = req.getContext().remove(CLASSIFIERS);
    return new ParallelTextClassificationUpdateProcessor(
        announced == null ? List.of() : classifiers(announced), batchSize, next);
  }

  private static SolrException wrong(ErrorCode code, String message) {
    return new SolrException(
        code,
        ParallelTextClassificationUpdateProcessorFactory.class.getSimpleName() + ": " + message);
  }
}
