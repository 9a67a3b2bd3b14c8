package org.solrelectra.training.checkpoint;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_AddInput;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_AddInputList;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_AllocateTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_FinishOperation;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetCode;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_Message;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewGraph;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewOperation;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSession;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewSessionOptions;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_NewStatus;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SessionRun;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetAttrTensor;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetAttrType;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetAttrTypeList;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_Copy;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TString_Init;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_TensorData;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.solrelectra.training.checkpoint.SafeTensors.Values;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Operation;
import org.tensorflow.internal.c_api.TF_OperationDescription;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.TF_TString;
import org.tensorflow.internal.c_api.TF_Tensor;

/** Writes checkpoints with TensorFlow itself: the operations SaveV2 and MergeV2Checkpoints. */
final class TensorFlowSaver {
  private static final int FLOAT = 1;
  private static final int STRING = 7;
  private static final int INT64 = 9;

  /** Of TF_TString in tensorflow/core/platform/ctstring_internal.h. */
  private static final int STRING_BYTES = 24;

  private final TF_Graph graph = TF_NewGraph();
  private final TF_Status status = TF_NewStatus();
  private final List<String> names = new ArrayList<>();
  private final List<String> slices = new ArrayList<>();
  private final List<Integer> types = new ArrayList<>();
  private final List<TF_Output> values = new ArrayList<>();
  private int operations;

  private TensorFlowSaver() {}

  /** Saves the variables, and {@code global_step} as an int64. */
  static void save(Path prefix, Map<String, Values> variables) {
    save(prefix, variables, Collections.nCopies(variables.size(), ""));
  }

  /** Saves the variables alone. */
  static void saveWithoutStep(Path prefix, Map<String, Values> variables) {
    try (PointerScope scope = new PointerScope()) {
      TensorFlowSaver saver = new TensorFlowSaver();
      saver.add(variables, Collections.nCopies(variables.size(), ""));
      saver.save(prefix);
    }
  }

  /**
   * Saves the variables, and {@code global_step}.
   *
   * @param slices what part of a larger variable each is, such as {@code "4 4 0,2:-"}; empty for
   *     all of it
   */
  static void save(Path prefix, Map<String, Values> variables, List<String> slices) {
    try (PointerScope scope = new PointerScope()) {
      TensorFlowSaver saver = new TensorFlowSaver();
      saver.add(variables, slices);
      saver.add("global_step", "", INT64, saver.step());
      saver.save(prefix);
    }
  }

  private void add(Map<String, Values> variables, List<String> slicesOf) {
    Iterator<String> slice = slicesOf.iterator();
    variables.forEach((name, values) -> add(name, slice.next(), FLOAT, floats(values)));
  }

  private void add(String name, String slice, int type, TF_Tensor value) {
    names.add(name);
    slices.add(slice);
    types.add(type);
    values.add(constant(type, value));
  }

  private void save(Path prefix) {
    TF_Output outputs = new TF_Output(values.size());
    for (int i = 0; i < values.size(); i++) {
      TF_Output element = outputs.getPointer(i);
      element.oper(values.get(i).oper());
      element.index(0);
    }
    TF_OperationDescription save = TF_NewOperation(graph, "SaveV2", "save");
    TF_AddInput(save, text(prefix.toString()));
    TF_AddInput(save, texts(names));
    TF_AddInput(save, texts(slices));
    TF_AddInputList(save, outputs, values.size());
    int[] dtypes = types.stream().mapToInt(Integer::intValue).toArray();
    TF_SetAttrTypeList(save, "dtypes", dtypes, dtypes.length);
    run(save);
  }

  /** Makes one checkpoint of several, each a shard of it. */
  static void merge(List<Path> shards, Path prefix) {
    try (PointerScope scope = new PointerScope()) {
      TensorFlowSaver saver = new TensorFlowSaver();
      TF_OperationDescription merge = TF_NewOperation(saver.graph, "MergeV2Checkpoints", "merge");
      TF_AddInput(merge, saver.texts(shards.stream().map(Path::toString).toList()));
      TF_AddInput(merge, saver.text(prefix.toString()));
      saver.run(merge);
    }
  }

  private TF_Output text(String text) {
    return constant(STRING, strings(List.of(text), new long[0]));
  }

  private TF_Output texts(List<String> texts) {
    return constant(STRING, strings(texts, new long[] {texts.size()}));
  }

  private TF_Tensor floats(Values values) {
    long bytes = (long) values.floats().length * Float.BYTES;
    TF_Tensor tensor =
        TF_AllocateTensor(FLOAT, values.shape(), values.shape().length, bytes);
    new FloatPointer(TF_TensorData(tensor)).put(values.floats());
    return tensor;
  }

  private TF_Tensor step() {
    TF_Tensor tensor = TF_AllocateTensor(INT64, new long[0], 0, Long.BYTES);
    new LongPointer(TF_TensorData(tensor)).put(4_000_000L);
    return tensor;
  }

  private TF_Tensor strings(List<String> texts, long[] shape) {
    TF_Tensor tensor =
        TF_AllocateTensor(STRING, shape, shape.length, (long) texts.size() * STRING_BYTES);
    BytePointer data = new BytePointer(TF_TensorData(tensor));
    for (int i = 0; i < texts.size(); i++) {
      byte[] bytes = texts.get(i).getBytes(StandardCharsets.UTF_8);
      TF_TString string = new TF_TString(data.getPointer((long) i * STRING_BYTES));
      TF_TString_Init(string);
      TF_TString_Copy(string, new BytePointer(bytes), bytes.length);
    }
    return tensor;
  }

  private TF_Output constant(int type, TF_Tensor value) {
    TF_OperationDescription constant =
        TF_NewOperation(graph, "Const", "constant_" + operations++);
    TF_SetAttrTensor(constant, "value", value, status);
    requireOk();
    TF_SetAttrType(constant, "dtype", type);
    TF_Output output = new TF_Output();
    output.oper(TF_FinishOperation(constant, status));
    output.index(0);
    requireOk();
    return output;
  }

  private void run(TF_OperationDescription description) {
    TF_Operation operation = TF_FinishOperation(description, status);
    requireOk();
    TF_Session session = TF_NewSession(graph, TF_NewSessionOptions(), status);
    requireOk();
    TF_SessionRun(
        session,
        null,
        null,
        new PointerPointer<>(0),
        0,
        null,
        new PointerPointer<>(0),
        0,
        new PointerPointer<>(1).put(0, operation),
        1,
        null,
        status);
    requireOk();
  }

  private void requireOk() {
    if (TF_GetCode(status) != 0) {
      throw new IllegalStateException(TF_Message(status).getString());
    }
  }
}
