package org.solrelectra.solr.update;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  private final Map<String, List<ClassificationResult<BytesRef>>> ahead = new HashMap<>();

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
    Optional<String> text = inputText(command);
    if (text.isPresent()) {
      new Labels(command).write(text.get());
    }
    super.processAdd(command);
  }

  /**
   * Classifies the texts of documents that will come, on several threads. What is found out is used
   * for a document that still has that text when its turn comes, and forgotten with the next call.
   */
  void classifyAhead(List<AddUpdateCommand> commands) {
    ahead.clear();
    Set<String> distinct = new LinkedHashSet<>();
    for (AddUpdateCommand command : commands) {
      try {
        inputText(command).filter(text -> !text.isBlank()).ifPresent(distinct::add);
      } catch (SolrException e) {
        // It is refused when its turn comes.
        continue;
      }
    }
    List<String> texts = List.copyOf(distinct);
    try {
      List<List<ClassificationResult<BytesRef>>> results =
          classifier.getClasses(texts, settings.maxLabels());
      for (int i = 0; i < texts.size(); i++) {
        ahead.put(texts.get(i), results.get(i));
      }
    } catch (IOException e) {
      // It does not say whose text it was: each is tried again alone, and then it is known.
      ahead.clear();
    }
  }

  /**
   * Returns the text to label: blank if a document loses its labels, nothing if they stay as they
   * are.
   *
   * @throws SolrException if an atomic update does not say what the text will be
   */
  private Optional<String> inputText(AddUpdateCommand command) {
    if (AtomicUpdateDocumentMerger.isAtomicUpdate(command)) {
      return inputTextOfAtomicUpdate(command);
    }
    return Optional.of(
            text(
                settings.inputFields().stream()
                    .map(command.getSolrInputDocument()::getFieldValues)
                    .toList()))
        .filter(text -> !text.isBlank());
  }

  /** The node that receives an update need not hold the document: what is not sent is not known. */
  private Optional<String> inputTextOfAtomicUpdate(AddUpdateCommand command) {
    SolrInputDocument document = command.getSolrInputDocument();
    List<String> sent = settings.inputFields().stream().filter(document::containsKey).toList();
    if (sent.isEmpty()) {
      return Optional.empty();
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
    return Optional.of(text(values));
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

    Labels(AddUpdateCommand command) {
      this.command = command;
      this.atomic = AtomicUpdateDocumentMerger.isAtomicUpdate(command);
    }

    void write(String text) {
      // What a client sends back of an earlier version of the document must not stay.
      settings.labelFields().forEach(field -> put(field, null));
      if (text.isBlank()) {
        return;
      }
      List<ClassificationResult<BytesRef>> results;
      try {
        results = ahead.get(text);
        if (results == null) {
          results = classifier.getClasses(text, settings.maxLabels());
        }
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
