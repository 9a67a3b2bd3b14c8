package org.solrelectra.solr.update;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.lucene.classification.ClassificationResult;
import org.apache.lucene.util.BytesRef;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.SolrInputDocument;
import org.apache.solr.update.AddUpdateCommand;
import org.apache.solr.update.processor.AtomicUpdateDocumentMerger;
import org.apache.solr.update.processor.UpdateRequestProcessor;
import org.solrelectra.lucene.classification.EncoderClassifier;

/** Labels the documents of one request, each on its own. */
final class TextClassificationUpdateProcessor extends UpdateRequestProcessor {
  private static final String SET = "set";

  private final TextClassificationSettings settings;
  private final EncoderClassifier classifier;
  private final String modelVersion;

  TextClassificationUpdateProcessor(
      TextClassificationSettings settings,
      EncoderClassifier classifier,
      String modelVersion,
      UpdateRequestProcessor next) {
    super(next);
    this.settings = settings;
    this.classifier = classifier;
    this.modelVersion = modelVersion;
  }

  @Override
  public void processAdd(AddUpdateCommand command) throws IOException {
    if (AtomicUpdateDocumentMerger.isAtomicUpdate(command)) {
      labelAtomicUpdate(command);
    } else {
      String text =
          text(
              settings.inputFields().stream()
                  .map(command.getSolrInputDocument()::getFieldValues)
                  .toList());
      if (!text.isBlank()) {
        new Labels(command, false).write(text);
      }
    }
    super.processAdd(command);
  }

  /** The node that receives an update need not hold the document: what is not sent is not known. */
  private void labelAtomicUpdate(AddUpdateCommand command) {
    SolrInputDocument document = command.getSolrInputDocument();
    List<String> sent = settings.inputFields().stream().filter(document::containsKey).toList();
    if (sent.isEmpty()) {
      return;
    }
    if (sent.size() < settings.inputFields().size()) {
      throw incomplete(command, "sends only " + sent);
    }
    List<Object> values = new ArrayList<>();
    for (String field : sent) {
      Object value = document.getField(field).getValue();
      if (value instanceof Map<?, ?> operations) {
        if (operations.size() != 1 || !operations.containsKey(SET)) {
          throw incomplete(command, "uses " + operations.keySet() + " on field '" + field + "'");
        }
        values.add(operations.get(SET));
      } else {
        // Solr takes a plain value in an atomic update as 'set' too.
        values.add(value);
      }
    }
    String text = text(values);
    Labels labels = new Labels(command, true);
    if (text.isBlank()) {
      labels.clear();
    } else {
      labels.write(text);
    }
  }

  private SolrException incomplete(AddUpdateCommand command, String found) {
    return new SolrException(
        ErrorCode.BAD_REQUEST,
        "an atomic update that changes what is labelled must send all of "
            + settings.inputFields()
            + ", each as {\"set\": …}; the update of document '"
            + command.getPrintableId()
            + "' "
            + found);
  }

  private static String text(List<?> values) {
    List<String> texts = new ArrayList<>();
    for (Object value : values) {
      for (Object text : value instanceof Collection<?> several ? several : Arrays.asList(value)) {
        if (text != null) {
          texts.add(text.toString());
        }
      }
    }
    return String.join(" ", texts);
  }

  /** The label fields of one document. */
  private final class Labels {
    private final AddUpdateCommand command;
    private final boolean atomic;

    Labels(AddUpdateCommand command, boolean atomic) {
      this.command = command;
      this.atomic = atomic;
    }

    void clear() {
      settings.labelFields().forEach(field -> put(field, null));
    }

    void write(String text) {
      // What a client sends back of an earlier version of the document must not stay.
      clear();
      List<ClassificationResult<BytesRef>> results;
      try {
        results = classifier.getClasses(text, settings.maxLabels());
      } catch (IOException e) {
        refuse(e);
        return;
      }
      List<String> labels = new ArrayList<>();
      List<Double> probabilities = new ArrayList<>();
      for (ClassificationResult<BytesRef> result : results) {
        if (result.getScore() >= settings.threshold()) {
          labels.add(result.getAssignedClass().utf8ToString());
          probabilities.add(result.getScore());
        }
      }
      put(settings.outputField(), oneOrAll(labels));
      put(settings.confidenceField(), oneOrAll(probabilities));
      put(settings.modelVersionField(), modelVersion);
    }

    private void refuse(IOException cause) {
      String message =
          "cannot classify fields "
              + settings.inputFields()
              + " of document '"
              + command.getPrintableId()
              + "': "
              + cause.getMessage();
      switch (settings.onError()) {
        case FAIL -> throw new SolrException(ErrorCode.SERVER_ERROR, message, cause);
        case INDEX -> put(settings.errorField(), message);
      }
    }

    private void put(String field, Object value) {
      if (field == null) {
        return;
      }
      SolrInputDocument document = command.getSolrInputDocument();
      if (atomic) {
        document.setField(field, Collections.singletonMap(SET, value));
      } else if (value == null) {
        document.removeField(field);
      } else {
        document.setField(field, value);
      }
    }

    private static Object oneOrAll(List<?> values) {
      return switch (values.size()) {
        case 0 -> null;
        case 1 -> values.get(0);
        default -> values;
      };
    }
  }
}
