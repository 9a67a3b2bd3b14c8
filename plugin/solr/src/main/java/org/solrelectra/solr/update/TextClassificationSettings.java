package org.solrelectra.solr.update;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.schema.DenseVectorField;
import org.apache.solr.schema.FieldType;
import org.apache.solr.schema.IndexSchema;
import org.apache.solr.schema.NumberType;
import org.apache.solr.schema.PreAnalyzedField;
import org.apache.solr.schema.SchemaField;
import org.apache.solr.schema.StrField;
import org.apache.solr.schema.TextField;
import org.apache.solr.schema.UUIDField;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.Manifest;

/**
 * What one labelling update processor is configured to do.
 *
 * @param model name of the model
 * @param inputFields fields whose text is labelled, in the order they are joined
 * @param outputField receives the labels
 * @param confidenceField receives the probabilities; null for nowhere
 * @param maxLabels the most labels a document gets
 * @param threshold the probability a label must reach; null for what the model says
 * @param logitThreshold the logit a label must reach; null for none. {@link #resolvedFor} makes it
 *     a probability
 * @param ofModel what the model says: by label, the probability that it must reach; {@link
 *     #resolvedFor} asks it
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
    Double threshold,
    Double logitThreshold,
    Map<String, Double> ofModel,
    String modelVersionField,
    OnError onError,
    String errorField) {

  private static final Logger log = LoggerFactory.getLogger(MethodHandles.lookup().lookupClass());

  private static final String INPUT_FIELD = "inputField";
  private static final String OUTPUT_FIELD = "outputField";
  private static final String CONFIDENCE_FIELD = "confidenceField";
  private static final String MODEL_VERSION_FIELD = "modelVersionField";
  private static final String ERROR_FIELD = "errorField";

  private static final List<String> PARAMETERS =
      List.of(
          "model",
          INPUT_FIELD,
          OUTPUT_FIELD,
          CONFIDENCE_FIELD,
          "maxLabels",
          "threshold",
          "logitThreshold",
          MODEL_VERSION_FIELD,
          "onError",
          ERROR_FIELD);

  /** What people write between names: a comma or a blank. */
  private static final Pattern OF_SOLR = Pattern.compile("_root_|_version_|_nest_.*");

  private static final Pattern SEVERAL = Pattern.compile("[,;\\s]");

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
        throw wrong(
            "unknown parameter '" + Excerpt.of(arguments.getName(i)) + "'; known: " + PARAMETERS);
      }
    }
    List<String> inputFields = texts(arguments, INPUT_FIELD);
    if (inputFields.isEmpty()) {
      throw missing(INPUT_FIELD, "the field whose text is labelled; several fields, several times");
    }
    OnError onError = onError(text(arguments, "onError"));
    return new TextClassificationSettings(
            required(arguments, "model", "the name of a directory in the node's model root"),
            inputFields,
            required(arguments, OUTPUT_FIELD, "the field that receives the labels"),
            text(arguments, CONFIDENCE_FIELD),
            number(arguments, "maxLabels", "a whole number from 1", 1, Integer::valueOf),
            number(arguments, "threshold", "a probability in 0..1", null, Double::valueOf),
            number(arguments, "logitThreshold", "a finite number", null, Double::valueOf),
            Map.of(),
            text(arguments, MODEL_VERSION_FIELD),
            onError,
            text(arguments, ERROR_FIELD))
        .validated();
  }

  private TextClassificationSettings validated() {
    if (maxLabels < 1) {
      throw wrong("maxLabels must be a whole number from 1; maxLabels=" + maxLabels);
    }
    if (threshold != null && !(threshold >= 0 && threshold <= 1)) {
      throw wrong("threshold must be a probability in 0..1; threshold=" + threshold);
    }
    if (logitThreshold != null && !Double.isFinite(logitThreshold)) {
      throw wrong("logitThreshold must be a finite number; logitThreshold=" + logitThreshold);
    }
    if (logitThreshold != null && threshold != null && threshold > 0) {
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
              + Excerpt.of(errorField));
    }
    Set<String> fields = new HashSet<>();
    for (String field : allFields()) {
      if (!fields.add(field)) {
        throw wrong(
            "field '" + Excerpt.of(field) + "' is named twice; each parameter needs its own field");
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

  /** Refuses fields that the schema lacks, or that cannot hold what is read or written. */
  void check(IndexSchema schema) {
    for (String name : inputFields) {
      SchemaField field = field(schema, INPUT_FIELD, name);
      requireText(INPUT_FIELD, field);
      if (isFilledByCopyField(schema, name)) {
        log.warn(
            "inputField '{}' is filled by a copyField, which comes after this processor; name the"
                + " fields that are copied unless clients send it",
            name);
      }
    }
    requireText(OUTPUT_FIELD, written(schema, OUTPUT_FIELD, outputField));
    if (modelVersionField != null) {
      requireText(MODEL_VERSION_FIELD, written(schema, MODEL_VERSION_FIELD, modelVersionField));
    }
    if (errorField != null) {
      requireText(ERROR_FIELD, written(schema, ERROR_FIELD, errorField));
    }
    if (confidenceField != null) {
      requireNumber(written(schema, CONFIDENCE_FIELD, confidenceField));
    }
    for (String field : Arrays.asList(outputField, confidenceField)) {
      if (field != null && maxLabels > 1) {
        requireSeveralValues(schema.getField(field));
      }
    }
  }

  /** Returns the one field that a parameter names. */
  private static SchemaField field(IndexSchema schema, String parameter, String name) {
    // A dynamic field's own pattern matches it, and '*' matches anything.
    if (!schema.getFields().containsKey(name)) {
      String found = "; " + parameter + "=" + Excerpt.of(name);
      if (name.contains("*")) {
        throw wrong(parameter + " must name a field, not a pattern" + found);
      }
      if (SEVERAL.matcher(name).find()) {
        throw wrong(
            parameter
                + " must name one field"
                + (parameter.equals(INPUT_FIELD)
                    ? "; several fields are named one by one, each in its own <str"
                        + " name=\"inputField\">…</str>"
                    : "")
                + found);
      }
    }
    SchemaField field = schema.getFieldOrNull(name);
    if (field == null) {
      throw wrong(
          "field '"
              + Excerpt.of(name)
              + "' is not in the schema "
              + schema.getSchemaName()
              + "; add it there");
    }
    return field;
  }

  /** Returns a field that this processor may write to, and that others can read. */
  private static SchemaField written(IndexSchema schema, String parameter, String name) {
    SchemaField field = field(schema, parameter, name);
    String found = "; " + parameter + "=" + Excerpt.of(name);
    if (field.equals(schema.getUniqueKeyField())) {
      throw wrong(
          parameter + " must not be the unique key, by which Solr tells documents apart" + found);
    }
    if (OF_SOLR.matcher(name).matches()) {
      throw wrong(
          parameter + " must not be a field of Solr's own: _root_, _version_, _nest_…" + found);
    }
    if (isFilledByCopyField(schema, name)) {
      throw wrong(
          parameter
              + " must not be filled by a copyField, which would put other values beside those"
              + " that are written"
              + found);
    }
    if (!field.stored() && !field.hasDocValues()) {
      throw wrong(
          parameter
              + " must be stored or have docValues: else nobody can read it, and an update of"
              + " another field loses it"
              + found);
    }
    return field;
  }

  /** A pattern as a destination says nothing: documents need not have the field it is filled of. */
  private static boolean isFilledByCopyField(IndexSchema schema, String name) {
    for (NamedList<?> copy : schema.getCopyFieldProperties(false, null, null)) {
      if (name.equals(copy.get(IndexSchema.DESTINATION))) {
        return true;
      }
    }
    return false;
  }

  /** Of text and string fields, some take values of a form of their own. */
  private static void requireText(String parameter, SchemaField field) {
    FieldType type = field.getType();
    if (!(type instanceof TextField || type instanceof StrField)
        || type instanceof PreAnalyzedField
        || type instanceof UUIDField) {
      throw wrong(
          parameter
              + " must be a text or string field; the type of '"
              + Excerpt.of(field.getName())
              + "'="
              + type.getTypeName());
    }
  }

  private static void requireNumber(SchemaField field) {
    FieldType type = field.getType();
    boolean isNumber =
        type.getNumberType() == NumberType.FLOAT || type.getNumberType() == NumberType.DOUBLE;
    // A vector counts as a float field.
    if (!isNumber || type instanceof DenseVectorField) {
      throw wrong(
          "confidenceField must be a float or double field; the type of '"
              + Excerpt.of(field.getName())
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
   * Returns these settings with thresholds that are probabilities, refused if the model cannot meet
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
    Double probability = threshold;
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
        manifest.thresholds(),
        modelVersionField,
        onError,
        errorField);
  }

  /**
   * Returns the probability that a label must reach: what is configured, else what its model says.
   */
  double threshold(String label) {
    return threshold != null ? threshold : ofModel.getOrDefault(label, 0.0);
  }

  /**
   * Returns how many of the likeliest labels may come to be written: all of them where a less
   * likely one may reach its threshold and a likelier one not.
   */
  int candidates() {
    return threshold != null || ofModel.isEmpty() ? maxLabels : Integer.MAX_VALUE;
  }

  static SolrException wrong(String message) {
    return wrong(ErrorCode.SERVER_ERROR, message);
  }

  static SolrException wrong(ErrorCode code, String message) {
    return new SolrException(
        code, TextClassificationUpdateProcessorFactory.class.getSimpleName() + ": " + message);
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
    throw wrong("onError must be fail or index; onError=" + Excerpt.of(key));
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
      throw wrong(name + " must have one value; " + name + "=" + Excerpt.of(values));
    }
    return values.get(0).toString();
  }

  /** Returns a parameter's values, each of them a value or a list of them. */
  private static List<String> texts(NamedList<?> arguments, String name) {
    List<String> texts = new ArrayList<>();
    for (Object value : arguments.getAll(name)) {
      for (Object text : value instanceof Collection<?> list ? list : Arrays.asList(value)) {
        if (isBlank(text) || text instanceof Collection) {
          throw wrong(
              name + " must not be empty; " + name + "=" + Excerpt.of(arguments.getAll(name)));
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
      throw wrong(name + " must be " + kind + "; " + name + "=" + Excerpt.of(value));
    }
  }
}
