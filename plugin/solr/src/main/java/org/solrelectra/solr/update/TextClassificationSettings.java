package org.solrelectra.solr.update;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.schema.FieldType;
import org.apache.solr.schema.IndexSchema;
import org.apache.solr.schema.NumberType;
import org.apache.solr.schema.SchemaField;
import org.apache.solr.schema.StrField;
import org.apache.solr.schema.TextField;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.solrelectra.lucene.model.Manifest;

/**
 * What one labelling update processor is configured to do.
 *
 * @param model name of the model
 * @param inputFields fields whose text is labelled, in the order they are joined
 * @param outputField receives the labels
 * @param confidenceField receives the probabilities; null for nowhere
 * @param maxLabels the most labels a document gets
 * @param threshold the probability a label must reach
 * @param logitThreshold the logit a label must reach; null for none. {@link #resolvedFor} makes it
 *     a probability
 * @param modelVersionField receives the model's version; null for nowhere
 * @param onError what to do with a document that cannot be labelled
 * @param errorField receives the reason under {@link OnError#INDEX}; else null
 */
record TextClassificationSettings(
    String model,
    List<String> inputFields,
    String outputField,
    String confidenceField,
    int maxLabels,
    double threshold,
    Double logitThreshold,
    String modelVersionField,
    OnError onError,
    String errorField) {

  private static final Logger log = LoggerFactory.getLogger(MethodHandles.lookup().lookupClass());

  private static final List<String> PARAMETERS =
      List.of(
          "model",
          "inputField",
          "outputField",
          "confidenceField",
          "maxLabels",
          "threshold",
          "logitThreshold",
          "modelVersionField",
          "onError",
          "errorField");

  /** What becomes of a document that cannot be labelled. */
  enum OnError {
    FAIL,
    INDEX;

    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static TextClassificationSettings of(NamedList<?> arguments) {
    for (int i = 0; i < arguments.size(); i++) {
      if (!PARAMETERS.contains(String.valueOf(arguments.getName(i)))) {
        throw wrong("unknown parameter '" + arguments.getName(i) + "'; known: " + PARAMETERS);
      }
    }
    List<String> inputFields = texts(arguments, "inputField");
    if (inputFields.isEmpty()) {
      throw missing(
          "inputField", "the field whose text is labelled; several fields, several times");
    }
    OnError onError = onError(text(arguments, "onError"));
    return new TextClassificationSettings(
            required(arguments, "model", "the name of a directory in the node's model root"),
            inputFields,
            required(arguments, "outputField", "the field that receives the labels"),
            text(arguments, "confidenceField"),
            number(arguments, "maxLabels", "a whole number from 1", 1, Integer::valueOf),
            number(arguments, "threshold", "a probability in 0..1", 0.0, Double::valueOf),
            number(arguments, "logitThreshold", "a finite number", null, Double::valueOf),
            text(arguments, "modelVersionField"),
            onError,
            text(arguments, "errorField"))
        .validated();
  }

  private TextClassificationSettings validated() {
    if (maxLabels < 1) {
      throw wrong("maxLabels must be a whole number from 1; maxLabels=" + maxLabels);
    }
    if (!(threshold >= 0 && threshold <= 1)) {
      throw wrong("threshold must be a probability in 0..1; threshold=" + threshold);
    }
    if (logitThreshold != null && !Double.isFinite(logitThreshold)) {
      throw wrong("logitThreshold must be a finite number; logitThreshold=" + logitThreshold);
    }
    if (logitThreshold != null && threshold > 0) {
      throw wrong(
          "threshold and logitThreshold say the same in two ways; give one of them; threshold="
              + threshold
              + ", logitThreshold="
              + logitThreshold);
    }
    if (onError == OnError.INDEX && errorField == null) {
      throw wrong(
          "onError=index needs <str name=\"errorField\">…</str>, the field that marks a document"
              + " without labels and receives the reason");
    }
    if (onError == OnError.FAIL && errorField != null) {
      throw wrong(
          "errorField is written with <str name=\"onError\">index</str> only; errorField="
              + errorField);
    }
    Set<String> fields = new HashSet<>();
    for (String field : allFields()) {
      if (!fields.add(field)) {
        throw wrong("field '" + field + "' is named twice; each parameter needs its own field");
      }
    }
    return this;
  }

  private List<String> allFields() {
    List<String> fields = new ArrayList<>(inputFields);
    fields.addAll(labelFields());
    return fields;
  }

  /** Returns the fields that are written. */
  List<String> labelFields() {
    List<String> fields = new ArrayList<>(List.of(outputField));
    for (String field : Arrays.asList(confidenceField, modelVersionField, errorField)) {
      if (field != null) {
        fields.add(field);
      }
    }
    return fields;
  }

  /** Refuses fields that the schema lacks, or that cannot hold what is written. */
  void check(IndexSchema schema) {
    for (String field : allFields()) {
      if (schema.getFieldOrNull(field) == null) {
        throw wrong(
            "field '"
                + field
                + "' is not in the schema "
                + schema.getSchemaName()
                + "; add it there");
      }
    }
    for (String field : inputFields) {
      if (schema.isCopyFieldTarget(schema.getField(field))) {
        log.warn(
            "inputField '{}' is filled by a copyField, which comes after this processor; name the fields that are copied"
                + " unless clients send it",
            field);
      }
    }
    requireText(schema, "outputField", outputField);
    requireText(schema, "modelVersionField", modelVersionField);
    requireText(schema, "errorField", errorField);
    for (String field : Arrays.asList(outputField, confidenceField)) {
      if (field != null && maxLabels > 1) {
        requireSeveralValues(schema.getField(field));
      }
    }
    if (confidenceField != null) {
      SchemaField field = schema.getField(confidenceField);
      NumberType type = field.getType().getNumberType();
      if (type != NumberType.FLOAT && type != NumberType.DOUBLE) {
        throw wrong(
            "confidenceField must be a float or double field; the type of '"
                + confidenceField
                + "'="
                + field.getType().getTypeName());
      }
    }
  }

  private static void requireText(IndexSchema schema, String parameter, String field) {
    FieldType type = field == null ? null : schema.getFieldType(field);
    if (type != null && !(type instanceof TextField || type instanceof StrField)) {
      throw wrong(
          parameter
              + " must be a text or string field; the type of '"
              + field
              + "'="
              + type.getTypeName());
    }
  }

  private void requireSeveralValues(SchemaField field) {
    if (!field.multiValued()) {
      throw wrong(
          "field '"
              + field.getName()
              + "' must be multiValued, because a document gets up to maxLabels="
              + maxLabels
              + " labels");
    }
    if (confidenceField != null && !field.stored()) {
      throw wrong(
          "field '"
              + field.getName()
              + "' must be stored: a label and its confidence have the same place in their fields,"
              + " and docValues alone sort each of them by itself");
    }
  }

  /**
   * Returns these settings with a threshold that is a probability, refused if the model cannot meet
   * them.
   */
  TextClassificationSettings resolvedFor(Manifest manifest, List<String> labels) {
    if (maxLabels > labels.size()) {
      throw wrong(
          "maxLabels must be at most the "
              + labels.size()
              + " labels of model '"
              + model
              + "'; maxLabels="
              + maxLabels);
    }
    double probability = threshold;
    if (logitThreshold != null) {
      if (manifest.activation() != Manifest.Activation.SIGMOID) {
        throw wrong(
            "logitThreshold needs a model whose labels do not exclude each other (activation"
                + " sigmoid); the labels of model '"
                + model
                + "' do. Use threshold");
      }
      probability = 1 / (1 + Math.exp(-logitThreshold / manifest.temperature()));
    }
    return new TextClassificationSettings(
        model,
        inputFields,
        outputField,
        confidenceField,
        maxLabels,
        probability,
        null,
        modelVersionField,
        onError,
        errorField);
  }

  static SolrException wrong(String message) {
    return new SolrException(
        ErrorCode.SERVER_ERROR,
        TextClassificationUpdateProcessorFactory.class.getSimpleName() + ": " + message);
  }

  private static SolrException missing(String name, String meaning) {
    return wrong(name + " is missing; write <str name=\"" + name + "\">…</str>: " + meaning);
  }

  private static OnError onError(String key) {
    if (key == null) {
      return OnError.FAIL;
    }
    for (OnError value : OnError.values()) {
      if (value.key().equals(key)) {
        return value;
      }
    }
    throw wrong("onError must be fail or index; onError=" + key);
  }

  private static String required(NamedList<?> arguments, String name, String meaning) {
    String value = text(arguments, name);
    if (value == null) {
      throw missing(name, meaning);
    }
    return value;
  }

  /** Returns a parameter's one value, or null. */
  private static String text(NamedList<?> arguments, String name) {
    List<?> values = arguments.getAll(name);
    if (values.isEmpty()) {
      return null;
    }
    if (values.size() > 1 || values.get(0) instanceof Collection || isBlank(values.get(0))) {
      throw wrong(name + " must have one value; " + name + "=" + values);
    }
    return values.get(0).toString();
  }

  /** Returns a parameter's values, each of them a value or a list of them. */
  private static List<String> texts(NamedList<?> arguments, String name) {
    List<String> texts = new ArrayList<>();
    for (Object value : arguments.getAll(name)) {
      for (Object text : value instanceof Collection<?> list ? list : Arrays.asList(value)) {
        if (isBlank(text)) {
          throw wrong(name + " must not be empty; " + name + "=" + arguments.getAll(name));
        }
        texts.add(text.toString());
      }
    }
    return List.copyOf(texts);
  }

  private static boolean isBlank(Object value) {
    return value == null || value.toString().isBlank();
  }

  private static <T> T number(
      NamedList<?> arguments, String name, String kind, T otherwise, Function<String, T> parse) {
    String value = text(arguments, name);
    try {
      return value == null ? otherwise : parse.apply(value);
    } catch (NumberFormatException e) {
      throw wrong(name + " must be " + kind + "; " + name + "=" + value);
    }
  }
}
