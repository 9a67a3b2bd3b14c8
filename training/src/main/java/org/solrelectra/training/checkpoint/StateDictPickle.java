package org.solrelectra.training.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.TorchStorage.Type;
import org.solrelectra.training.checkpoint.TorchStorage.View;

/**
 * Reads what {@code torch.save} pickles of a state dict, and nothing else: no name outside of
 * {@link #FUNCTIONS} and the storage types is looked up, and none is ever called. The opcodes are
 * those of Python's pickle protocol 2.
 *
 * <p>A pickle's values become {@code String}, {@code Long}, {@code BigInteger}, {@code Double},
 * {@code Boolean}, {@code List} (tuples too), {@code Map} by {@code String}, {@link View} and
 * {@link #NONE}.
 */
final class StateDictPickle {
  /** Python's None. */
  static final Object NONE = new Object();

  private static final Object MARK = new Object();
  private static final int LONGEST_TEXT = 1000;
  private static final int PROTOCOL = 2;
  private static final int PROTOCOL_MARKER = 0x80;
  private static final String DICTIONARY = "collections.OrderedDict";
  private static final String TENSOR = "torch._utils._rebuild_tensor_v2";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final List<String> FUNCTIONS = List.of(DICTIONARY, TENSOR, PARAMETER);

  private final InputStream in;
  private final String source;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private StateDictPickle(InputStream in, String source) {
    this.in = in;
    this.source = source;
  }

  /** What a pickle may name: a function it wants called, or a storage's type. */
  private record Global(String name, Type storageType) {}

  /**
   * Reads one pickle and not a byte beyond.
   *
   * @param in buffered: single bytes are read
   * @param source names the file in messages
   * @throws InvalidModelException if it is cut short, damaged, or holds anything else
   */
  static Object read(InputStream in, String source) throws IOException {
    StateDictPickle pickle = new StateDictPickle(in, source);
    int marker = pickle.unsignedByte();
    int protocol = marker == PROTOCOL_MARKER ? pickle.unsignedByte() : 0;
    if (protocol != PROTOCOL) {
      throw new InvalidModelException(
          source + " holds no pickle of protocol " + PROTOCOL + "; protocol=" + protocol);
    }
    while (true) {
      int opcode = pickle.unsignedByte();
      if (opcode == '.') {
        return pickle.pop();
      }
      pickle.execute(opcode);
    }
  }

  private void execute(int opcode) throws IOException {
    switch (opcode) {
      case '(' -> stack.add(MARK);
      case 'N' -> stack.add(NONE);
      case 0x88 -> stack.add(Boolean.TRUE);
      case 0x89 -> stack.add(Boolean.FALSE);
      case 'K' -> stack.add((long) unsignedByte());
      case 'M' -> stack.add((long) Short.toUnsignedInt(bytes(2).getShort()));
      case 'J' -> stack.add((long) bytes(4).getInt());
      case 0x8a -> stack.add(wholeNumber(unsignedByte()));
      case 'G' -> stack.add(bytes(8).order(ByteOrder.BIG_ENDIAN).getDouble());
      case 'X' -> stack.add(text(bytes(4).getInt()));
      case '}' -> stack.add(new LinkedHashMap<String, Object>());
      case ']', ')' -> stack.add(new ArrayList<>());
      case 't' -> stack.add(popToMark());
      case 0x85, 0x86, 0x87 -> stack.add(popMany(opcode - 0x84));
      case 'a' -> append(popMany(1));
      case 'e' -> append(popToMark());
      case 's' -> putAll(popMany(2));
      case 'u' -> putAll(popToMark());
      case 'q' -> memo.put(unsignedByte(), top());
      case 'r' -> memo.put(bytes(4).getInt(), top());
      case 'h' -> stack.add(remembered(unsignedByte()));
      case 'j' -> stack.add(remembered(bytes(4).getInt()));
      case 'c' -> stack.add(global(line() + "." + line()));
      case 'Q' -> stack.add(storage(pop()));
      case 'R' -> stack.add(reduce(popMany(2)));
      case 'b' -> build(pop());
      default ->
          throw damaged("opcode 0x" + Integer.toHexString(opcode) + " is not one of a state dict");
    }
  }

  private Global global(String name) throws InvalidModelException {
    for (Type type : Type.values()) {
      if (name.equals("torch." + type.className())) {
        return new Global(name, type);
      }
    }
    if (!FUNCTIONS.contains(name)) {
      throw new InvalidModelException(
          source
              + " names what no state dict needs, and is not read any further; expected "
              + FUNCTIONS
              + " and torch's storages "
              + Arrays.stream(Type.values()).map(Type::className).toList()
              + "; found "
              + name);
    }
    return new Global(name, null);
  }

  /** Makes a storage of ('storage', type, key, device, length[, None]). */
  private TorchStorage storage(Object id) throws InvalidModelException {
    List<?> parts = as(List.class, id);
    if (parts.size() < 5
        || !"storage".equals(parts.get(0))
        || !(parts.get(1) instanceof Global type)
        || type.storageType() == null
        || (parts.size() > 5 && parts.get(5) != NONE)) {
      throw damaged("a persistent id is not a storage's");
    }
    long length = as(Long.class, parts.get(4));
    if (length < 0 || length > TorchStorage.LONGEST) {
      throw damaged("a storage's length must be in 0.." + TorchStorage.LONGEST + ": " + length);
    }
    return new TorchStorage(as(String.class, parts.get(2)), type.storageType(), (int) length);
  }

  private Object reduce(List<Object> call) throws InvalidModelException {
    String function = as(Global.class, call.get(0)).name();
    List<?> arguments = as(List.class, call.get(1));
    if (function.equals(DICTIONARY) && arguments.isEmpty()) {
      return new LinkedHashMap<String, Object>();
    }
    if (function.equals(PARAMETER) && !arguments.isEmpty()) {
      return as(View.class, arguments.get(0));
    }
    if (!function.equals(TENSOR) || arguments.size() < 4) {
      throw damaged(function + " has " + arguments.size() + " arguments");
    }
    return new View(
        as(TorchStorage.class, arguments.get(0)),
        as(Long.class, arguments.get(1)),
        lengths(arguments.get(2)),
        lengths(arguments.get(3)));
  }

  private long[] lengths(Object tuple) throws InvalidModelException {
    List<?> values = as(List.class, tuple);
    long[] lengths = new long[values.size()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = as(Long.class, values.get(i));
    }
    return lengths;
  }

  /** A state dict's attributes are the versions of its modules: nothing that its weights need. */
  private void build(Object attributes) throws InvalidModelException {
    as(Map.class, attributes);
    as(Map.class, top());
  }

  @SuppressWarnings("unchecked")
  private void append(List<Object> values) throws InvalidModelException {
    ((List<Object>) as(List.class, top())).addAll(values);
  }

  @SuppressWarnings("unchecked")
  private void putAll(List<Object> keysAndValues) throws InvalidModelException {
    Map<String, Object> map = as(Map.class, top());
    if (keysAndValues.size() % 2 != 0) {
      throw damaged("a key has no value");
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      map.put(as(String.class, keysAndValues.get(i)), keysAndValues.get(i + 1));
    }
  }

  private Object remembered(int key) throws InvalidModelException {
    Object value = memo.get(key);
    if (value == null) {
      throw damaged("nothing is remembered as " + key);
    }
    return value;
  }

  private Object top() throws InvalidModelException {
    if (stack.isEmpty()) {
      throw damaged("the stack is empty");
    }
    return stack.get(stack.size() - 1);
  }

  private Object pop() throws InvalidModelException {
    Object top = top();
    stack.remove(stack.size() - 1);
    return top;
  }

  private List<Object> popMany(int count) throws InvalidModelException {
    if (stack.size() < count) {
      throw damaged("the stack is empty");
    }
    return popFrom(stack.size() - count);
  }

  private List<Object> popToMark() throws InvalidModelException {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw damaged("a mark is missing");
    }
    List<Object> values = popFrom(mark + 1);
    stack.remove(mark);
    return values;
  }

  private List<Object> popFrom(int start) {
    List<Object> tail = stack.subList(start, stack.size());
    List<Object> values = new ArrayList<>(tail);
    tail.clear();
    return values;
  }

  private <T> T as(Class<T> type, Object value) throws InvalidModelException {
    if (!type.isInstance(value)) {
      throw damaged(
          "a " + type.getSimpleName() + " is missing: " + value.getClass().getSimpleName());
    }
    return type.cast(value);
  }

  /** Little-endian, two's complement. */
  private Object wholeNumber(int length) throws IOException {
    byte[] littleEndian = bytes(length).array();
    byte[] bigEndian = new byte[length + 1];
    for (int i = 0; i < length; i++) {
      bigEndian[length - i] = littleEndian[i];
    }
    bigEndian[0] = (byte) (length > 0 && bigEndian[1] < 0 ? -1 : 0);
    BigInteger value = new BigInteger(bigEndian);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private String text(int length) throws IOException {
    if (length < 0 || length > LONGEST_TEXT) {
      throw damaged("a text has the length " + length);
    }
    String text = new String(bytes(length).array(), StandardCharsets.UTF_8);
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw damaged("a text has control characters");
    }
    return text;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    int next = unsignedByte();
    while (next > ' ' && next <= '~' && line.length() < LONGEST_TEXT) {
      line.append((char) next);
      next = unsignedByte();
    }
    return line.toString();
  }

  private int unsignedByte() throws IOException {
    int value = in.read();
    if (value < 0) {
      throw cutShort();
    }
    return value;
  }

  private ByteBuffer bytes(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw cutShort();
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private InvalidModelException cutShort() {
    return new InvalidModelException(source + " is cut short within its pickle");
  }

  private InvalidModelException damaged(String what) {
    return new InvalidModelException(source + " has a damaged pickle: " + what);
  }
}
