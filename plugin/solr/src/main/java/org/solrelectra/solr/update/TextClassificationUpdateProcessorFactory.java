package org.solrelectra.solr.update;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.core.CloseHook;
import org.apache.solr.core.SolrCore;
import org.apache.solr.request.SolrQueryRequest;
import org.apache.solr.response.SolrQueryResponse;
import org.apache.solr.update.processor.UpdateRequestProcessor;
import org.apache.solr.update.processor.UpdateRequestProcessorFactory;
import org.apache.solr.util.plugin.SolrCoreAware;
import org.solrelectra.lucene.classification.EncoderClassifier;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.solr.core.EncoderRegistry;

/**
 * Labels documents with a text classifier as they are indexed.
 *
 * <pre class="solrconfig">{@code
 * <updateRequestProcessorChain name="label">
 *   <processor class="org.solrelectra.solr.update.TextClassificationUpdateProcessorFactory">
 *     <str name="model">banking-intents</str>
 *     <str name="inputField">message</str>
 *     <str name="outputField">intent</str>
 *     <str name="confidenceField">intent_confidence</str>
 *   </processor>
 *   <processor class="solr.DistributedUpdateProcessorFactory"/>
 *   <processor class="solr.RunUpdateProcessorFactory"/>
 * </updateRequestProcessorChain>
 * }</pre>
 *
 * <p>It stands before {@code DistributedUpdateProcessorFactory}, so that a document is labelled
 * once and not by each replica, and after {@code TolerantUpdateProcessorFactory} where there is
 * one. Alone it labels one document after another; {@link
 * ParallelTextClassificationUpdateProcessorFactory} has it label those of a request on all cores.
 * Parameters:
 *
 * <ul>
 *   <li>{@code model}: the name of a directory in the node's model root.
 *   <li>{@code inputField}, once or several times: their values are joined in this order by a
 *       blank.
 *   <li>{@code outputField}: receives the labels, the likeliest first.
 *   <li>{@code confidenceField}: receives the labels' probabilities, in the same order.
 *   <li>{@code maxLabels}: 1 without it. Above 1 both fields must be multi-valued, and stored where
 *       there is a {@code confidenceField}.
 *   <li>{@code threshold}: the probability that a label must reach; without it what the model says
 *       of the label, if it does. {@code logitThreshold}: the same as a logit, for models whose
 *       labels do not exclude each other.
 *   <li>{@code modelVersionField}: receives the version of the model that labelled the document.
 *   <li>{@code onError}: {@code fail} refuses a document that cannot be labelled; {@code index}
 *       indexes it without labels and writes the reason to {@code errorField}.
 * </ul>
 *
 * <p>A document whose input fields have no word, but white space, control characters or nothing,
 * gets no label, and loses one that it was sent with. Child documents pass as they are; in an input
 * field they are refused, as is all that is no text, number, date or truth value. An atomic update
 * must {@code set} all input fields, or none; then the label fields are {@code set} too.
 *
 * <p>A core is refused if a field cannot be read or written, or a chain has the processor behind
 * {@code RunUpdateProcessorFactory}.
 */
public final class TextClassificationUpdateProcessorFactory extends UpdateRequestProcessorFactory
    implements SolrCoreAware {
  private TextClassificationSettings settings;
  private EncoderClassifier classifier;
  private String modelVersion;

  /** Reads the parameters; refuses wrong and unknown ones by name. */
  @Override
  public void init(NamedList<?> args) {
    settings = TextClassificationSettings.of(args);
  }

  /** Opens the model, and holds it until the core closes. */
  @Override
  public void inform(SolrCore core) {
    settings.check(core.getLatestSchema());
    UpdateChains.with(this, core)
        .forEach(
            (name, chain) ->
                UpdateChains.faultOfLabelling(this, chain)
                    .ifPresent(
                        fault -> {
                          throw TextClassificationSettings.wrong(UpdateChains.prefix(name) + fault);
                        }));
    Encoder encoder = open(core);
    // First of all, so that whatever is refused below, the closing core releases the model.
    core.addCloseHook(
        new CloseHook() {
          @Override
          public void postClose(SolrCore closed) {
            release(encoder);
          }
        });
    try {
      classifier = new EncoderClassifier(encoder, Lane.INDEXING);
    } catch (IllegalArgumentException e) {
      throw TextClassificationSettings.wrong(
          UpdateChains.prefix(this, core) + "model '" + settings.model() + "': " + e.getMessage());
    }
    Manifest manifest = encoder.model().manifest();
    settings = settings.resolvedFor(manifest, classifier.labels());
    modelVersion = manifest.version();
  }

  /** Says which chain asked for a model that cannot be opened: a node has many. */
  private Encoder open(SolrCore core) {
    try {
      return EncoderRegistry.of(core.getCoreContainer()).acquire(settings.model());
    } catch (SolrException e) {
      SolrException refusal =
          TextClassificationSettings.wrong(UpdateChains.prefix(this, core) + e.getMessage());
      // Not as the cause: Solr would show that one's message.
      refusal.addSuppressed(e);
      throw refusal;
    }
  }

  List<String> labelFields() {
    return settings.labelFields();
  }

  private static void release(Encoder encoder) {
    try {
      encoder.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public UpdateRequestProcessor getInstance(
      SolrQueryRequest req, SolrQueryResponse rsp, UpdateRequestProcessor next) {
    UpdateChains.ofRequest(req)
        .flatMap(chain -> UpdateChains.faultOfLabelling(this, chain))
        .ifPresent(
            fault -> {
              throw TextClassificationSettings.wrong(ErrorCode.BAD_REQUEST, fault);
            });
    TextClassificationUpdateProcessor processor =
        new TextClassificationUpdateProcessor(settings, classifier, modelVersion, next);
    ParallelTextClassificationUpdateProcessorFactory.announce(req, processor);
    return processor;
  }
}
