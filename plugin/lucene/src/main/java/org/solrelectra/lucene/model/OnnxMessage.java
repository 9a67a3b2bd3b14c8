package org.solrelectra.lucene.model;

import ai.onnx.proto.OnnxMl;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A message of an ONNX file without its tensors' values: texts, whole numbers and the messages
 * within. Every tag is compared as a whole with the schema, so that no reader can see another graph
 * in the same bytes: a known field must have its own wire type, and a field that stands once may
 * not stand twice.
 */
final class OnnxMessage {
  /** Messages within messages, as protobuf's own readers bound them. */
  private static final int DEEPEST = 100;

  /** A graph of a hundred layers has some hundred thousand. */
  private static final int MOST_VALUES = 2_000_000;

  /** The whole numbers that are shapes; others are values of tensors and attributes. */
  private static final Set<String> SHAPES =
      Set.of("onnx.TensorProto.dims", "onnx.TensorShapeProto.Dimension.dim_value");

  private static final int MOST_TEXT_BYTES = 64 << 20;
  private static final int MOST_UNKNOWN_BYTES = 16 << 20;

  private final Descriptor type;
  private final Map<Integer, List<Object>> values = new HashMap<>();

  private OnnxMessage(Descriptor type) {
    this.type = type;
  }

  /**
   * Reads a model.
   *
   * @throws InvalidProtocolBufferException if the bytes are no model, or do not fit the schema
   */
  static OnnxMessage readModel(CodedInputStream model) throws IOException {
    return new Reader(model).read(OnnxMl.ModelProto.getDescriptor(), 0);
  }

  Descriptor type() {
    return type;
  }

  boolean has(int field) {
    return values.containsKey(field);
  }

  /** Returns the text of a field that stands once; empty if it does not stand. */
  String text(int field) {
    List<String> texts = texts(field);
    return texts.isEmpty() ? "" : texts.get(0);
  }

  List<String> texts(int field) {
    return of(field, String.class);
  }

  List<Long> numbers(int field) {
    return of(field, Long.class);
  }

  List<OnnxMessage> messages(int field) {
    return of(field, OnnxMessage.class);
  }

  /** Returns all messages within this one, not those within them. */
  List<OnnxMessage> messages() {
    List<OnnxMessage> messages = new ArrayList<>();
    for (int field : values.keySet()) {
      messages.addAll(messages(field));
    }
    return messages;
  }

  private <T> List<T> of(int field, Class<T> kind) {
    return values.getOrDefault(field, List.of()).stream()
        .filter(kind::isInstance)
        .map(kind::cast)
        .toList();
  }

  /** Reads one file; counts what it keeps. */
  private static final class Reader {
    private final CodedInputStream stream;
    private int keptValues;
    private long keptBytes;
    private long unknownBytes;

    Reader(CodedInputStream stream) {
      this.stream = stream;
    }

    OnnxMessage read(Descriptor type, int depth) throws IOException {
      if (depth > DEEPEST) {
        throw refused("messages are nested more than " + DEEPEST + " deep");
      }
      OnnxMessage message = new OnnxMessage(type);
      Set<Integer> seen = new HashSet<>();
      Set<OneofDescriptor> seenOneofs = new HashSet<>();
      for (int tag = stream.readTag(); tag != 0; tag = stream.readTag()) {
        FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
        if (field == null) {
          skipUnknown(type, tag);
          continue;
        }
        OneofDescriptor oneof = field.getRealContainingOneof();
        boolean isSecond =
            (!field.isRepeated() && !seen.add(field.getNumber()))
                || (oneof != null && !seenOneofs.add(oneof));
        if (isSecond) {
          throw refused(field.getFullName() + " must stand once; it stands twice");
        }
        readField(message, field, tag, depth);
      }
      return message;
    }

    private void readField(OnnxMessage message, FieldDescriptor field, int tag, int depth)
        throws IOException {
      int wireType = WireFormat.getTagWireType(tag);
      int expected = field.getLiteType().getWireType();
      boolean isPacked = field.isPackable() && wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED;
      if (wireType != expected && !isPacked) {
        throw refused(
            field.getFullName() + " must have wire type " + expected + "; wire type=" + wireType);
      }
      switch (field.getJavaType()) {
        case MESSAGE -> {
          int outer = stream.pushLimit(stream.readRawVarint32());
          keep(message, field, read(field.getMessageType(), depth + 1));
          stream.checkLastTagWas(0);
          stream.popLimit(outer);
        }
        case STRING -> keep(message, field, text());
        case LONG -> readNumbers(message, field, isPacked);
        default -> stream.skipField(tag);
      }
    }

    private String text() throws IOException {
      String text = stream.readStringRequireUtf8();
      keptBytes += text.length();
      if (keptBytes > MOST_TEXT_BYTES) {
        throw refused("names and texts take more than " + MOST_TEXT_BYTES + " bytes");
      }
      return text;
    }

    private void readNumbers(OnnxMessage message, FieldDescriptor field, boolean isPacked)
        throws IOException {
      boolean isKept = SHAPES.contains(field.getFullName());
      if (!isPacked) {
        long number =
            field.getLiteType().getWireType() == WireFormat.WIRETYPE_VARINT
                ? stream.readInt64()
                : stream.readFixed64();
        if (isKept) {
          keep(message, field, number);
        }
        return;
      }
      int outer = stream.pushLimit(stream.readRawVarint32());
      if (isKept) {
        while (!stream.isAtEnd()) {
          keep(message, field, stream.readInt64());
        }
      } else {
        stream.skipRawBytes(stream.getBytesUntilLimit());
      }
      stream.popLimit(outer);
    }

    private void keep(OnnxMessage message, FieldDescriptor field, Object value)
        throws InvalidProtocolBufferException {
      if (++keptValues > MOST_VALUES) {
        throw refused("it has more than " + MOST_VALUES + " parts");
      }
      message.values.computeIfAbsent(field.getNumber(), number -> new ArrayList<>(1)).add(value);
    }

    private void skipUnknown(Descriptor type, int tag) throws IOException {
      int wireType = WireFormat.getTagWireType(tag);
      if (wireType == WireFormat.WIRETYPE_START_GROUP
          || wireType == WireFormat.WIRETYPE_END_GROUP) {
        throw refused(type.getFullName() + " has a group, which ONNX does not know");
      }
      int before = stream.getTotalBytesRead();
      stream.skipField(tag);
      unknownBytes += stream.getTotalBytesRead() - before;
      if (unknownBytes > MOST_UNKNOWN_BYTES) {
        throw refused("fields that are not ONNX's take more than " + MOST_UNKNOWN_BYTES + " bytes");
      }
    }

    private static InvalidProtocolBufferException refused(String what) {
      return new InvalidProtocolBufferException(what);
    }
  }
}
