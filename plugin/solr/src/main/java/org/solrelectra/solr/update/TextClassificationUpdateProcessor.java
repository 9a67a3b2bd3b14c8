package org.solrelectra.solr.update;

import java.io.IOException;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.lucene.classification.ClassificationResult;
import org.apache.lucene.util.BytesRef;
import org.apache.solr.common.SolrDocumentBase;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.SolrInputDocument;
import org.apache.solr.update.AddUpdateCommand;
import org.apache.solr.update.processor.AtomicUpdateDocumentMerger;
import org.apache.solr.update.processor.UpdateRequestProcessor;
import org.solrelectra.lucene.classification.EncoderClassifier;
import org.solrelectra.lucene.model.Excerpt;

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
    if (changesText(command)) {
      new Labels(command).write(text(command));
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
        if (changesText(command)) {
          text(command).ifPresent(distinct::add);
        }
      } catch (SolrException e) {
        // It is refused when its turn comes.
        continue;
      }
    }
    List<String> texts = List.copyOf(distinct);
    try {
      List<List<ClassificationResult<BytesRef>>> results =
          classifier.getClasses(texts, settings.candidates());
      for (int i = 0; i < texts.size(); i++) {
        ahead.put(texts.get(i), results.get(i));
      }
    } catch (IOException e) {
      // It does not say whose text it was: each is tried again alone, and then it is known.
      ahead.clear();
    }
  }

  /** Says whether a document's labels have to be those of what is sent: not if no text is sent. */
  private boolean changesText(AddUpdateCommand command) {
    return !AtomicUpdateDocumentMerger.isAtomicUpdate(command)
        || settings.inputFields().stream().anyMatch(command.getSolrInputDocument()::containsKey);
  }

  /**
   * Returns the text to label; nothing if it has no word piece.
   *
   * @throws SolrException if an atomic update does not say what the text will be, or a field holds
   *     something else than text
   */
  private Optional<String> text(AddUpdateCommand command) {
    boolean atomic = AtomicUpdateDocumentMerger.isAtomicUpdate(command);
    if (atomic) {
      requireAllInputFields(command);
    }
    SolrInputDocument document = command.getSolrInputDocument();
    List<Object> values = new ArrayList<>();
    for (String field : settings.inputFields()) {
      Object value = document.getFieldValues(field);
      if (atomic && document.getField(field).getValue() instanceof Map<?, ?> operations) {
        value = newValue(command, field, operations);
      }
      // Solr takes a plain value in an atomic update as 'set' too.
      for (Object one : value instanceof Collection<?> several ? several : Arrays.asList(value)) {
        if (one != null) {
          requireText(command, field, one);
          values.add(one);
        }
      }
    }
    return classifier.text(() -> values.stream().map(Object::toString).iterator());
  }

  /** The node that receives an update need not hold the document: what is not sent is not known. */
  private void requireAllInputFields(AddUpdateCommand command) {
    List<String> sent =
        settings.inputFields().stream()
            .filter(command.getSolrInputDocument()::containsKey)
            .toList();
    if (sent.size() < settings.inputFields().size()) {
      throw incomplete(command, "sends only " + sent);
    }
  }

  private Object newValue(AddUpdateCommand command, String field, Map<?, ?> operations) {
    if (operations.size() != 1 || !operations.containsKey(SET)) {
      throw incomplete(
          command, "uses " + Excerpt.of(operations.keySet()) + " on field '" + field + "'");
    }
    return operations.get(SET);
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

  /** Refuses what Solr would turn into the name of a class: text is what people can read. */
  private static void requireText(AddUpdateCommand command, String field, Object value) {
    if (value instanceof CharSequence
        || value instanceof Number
        || value instanceof Boolean
        || value instanceof Character
        || value instanceof Date
        || value instanceof TemporalAccessor
        || value instanceof UUID
        || value instanceof Enum<?>) {
      return;
    }
    String found =
        value instanceof SolrDocumentBase<?, ?>
            ? "a child document"
            : value instanceof byte[] ? "bytes" : "a value of type " + value.getClass().getName();
    throw new SolrException(
        ErrorCode.BAD_REQUEST,
        "field '"
            + field
            + "' is labelled and must hold text; in document '"
            + command.getPrintableId()
            + "' it holds "
            + found);
  }

  /** The label fields of one document. */
  private final class Labels {
    private final AddUpdateCommand command;
    private final boolean atomic;

    Labels(AddUpdateCommand command) {
      this.command = command;
      this.atomic = AtomicUpdateDocumentMerger.isAtomicUpdate(command);
    }

    void write(Optional<String> found) {
      // What a client sends back of an earlier version of the document must not stay.
      settings.labelFields().forEach(field -> put(field, null));
      if (found.isEmpty()) {
        return;
      }
      String text = found.get();
      List<ClassificationResult<BytesRef>> results;
      try {
        results = ahead.get(text);
        if (results == null) {
          results = classifier.getClasses(text, settings.candidates());
        }
      } catch (IOException e) {
        refuse(e);
        return;
      }
      List<String> labels = new ArrayList<>();
      List<Double> probabilities = new ArrayList<>();
      for (ClassificationResult<BytesRef> result : results) {
        String label = result.getAssignedClass().utf8ToString();
        if (labels.size() < settings.maxLabels()
            && result.getScore() >= settings.threshold(label)) {
          labels.add(label);
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
