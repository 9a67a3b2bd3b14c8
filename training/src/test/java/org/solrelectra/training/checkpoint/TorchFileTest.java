package org.solrelectra.training.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

class TorchFileTest {
  /** Tests with far more run in the profile soak. */
  private static final int DAMAGES = Integer.getInteger("solrelectra.damages", 300);

  private static final byte[] FOUR_FLOATS = new byte[16];

  @TempDir private Path folder;

  private Path resource(String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = getClass().getResourceAsStream("/interchange/torch/" + name)) {
      Files.copy(in, file);
    }
    return file;
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "legacy.bin"})
  void whatPyTorchSavedIsRead(String name) throws IOException {
    Map<String, Values> tensors = TorchFile.read(resource(name));
    assertEquals(
        List.of(
            "f32",
            "tied",
            "half",
            "bfloat16",
            "double",
            "position_ids",
            "int",
            "scalar",
            "transposed",
            "part",
            "parameter"),
        List.copyOf(tensors.keySet()));
    check(tensors.get("f32"), new long[] {2, 3}, 0, 0.25f, 0.5f, 0.75f, 1, 1.25f);
    assertSame(tensors.get("f32"), tensors.get("tied"));
    check(tensors.get("half"), new long[] {3}, 1.5f, -2, 65504);
    check(tensors.get("bfloat16"), new long[] {2}, 1.5f, -3);
    check(tensors.get("double"), new long[] {1}, 0.1f);
    check(tensors.get("position_ids"), new long[] {1, 4}, 0, 1, 2, 3);
    check(tensors.get("int"), new long[] {1}, -7);
    check(tensors.get("scalar"), new long[] {}, 2.5f);
    check(tensors.get("transposed"), new long[] {3, 2}, 0, 3, 1, 4, 2, 5);
    check(tensors.get("part"), new long[] {3}, 4, 5, 6);
    check(tensors.get("parameter"), new long[] {1, 1}, 9);
  }

  private static void check(Values values, long[] shape, float... floats) {
    assertArrayEquals(shape, values.shape());
    assertArrayEquals(floats, values.floats());
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "legacy.bin"})
  void everyTruncationIsFound(String name) throws IOException {
    Path file = resource(name);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 3) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThrows(InvalidModelException.class, () -> TorchFile.read(file), "length " + length);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "legacy.bin"})
  void damageIsAnErrorOfOneLine(String name) throws IOException {
    DamagedFiles.check(resource(name), 20261125, DAMAGES, TorchFile::read);
  }

  @Test
  void aChangedValueIsFound() throws IOException {
    Path file = resource("zip.bin");
    byte[] bytes = Files.readAllBytes(file);
    int data = indexOf(bytes, new byte[] {0, 0, (byte) 0x80, 0x3e, 0, 0, 0, 0x3f});
    bytes[data] = 1;
    Files.write(file, bytes);
    assertEquals(file + ": zip/data/0 is damaged: its CRC-32 differs", failure(file));
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    int at = 0;
    while (!Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
      at++;
    }
    return at;
  }

  private String failure(Path file) {
    return assertThrows(InvalidModelException.class, () -> TorchFile.read(file)).getMessage();
  }

  private Path zip(TorchFileWriter pickle) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("data.pkl", pickle.end());
    entries.put("data/0", FOUR_FLOATS);
    return Files.write(folder.resolve("made.bin"), TorchFileWriter.zip(entries));
  }

  private static TorchFileWriter oneTensor(long offset, long[] shape, long[] strides) {
    return new TorchFileWriter()
        .ascii("}")
        .text("x")
        .tensor("FloatStorage", "0", 4, offset, shape, strides)
        .ascii("s");
  }

  @Test
  void nothingIsExecuted() throws IOException {
    Path file =
        zip(new TorchFileWriter().global("os", "system").text("rm -rf /").bytes(0x85).ascii("R"));
    assertEquals(
        file
            + " names what no state dict needs, and is not read any further; expected [collections.OrderedDict,"
            + " torch._utils._rebuild_tensor_v2, torch._utils._rebuild_parameter] and torch's storages [FloatStorage,"
            + " HalfStorage, BFloat16Storage, DoubleStorage, LongStorage, IntStorage]; found os.system",
        failure(file));
    Path other = zip(new TorchFileWriter().ascii("}").bytes(0x93));
    assertEquals(
        other + " has a damaged pickle: opcode 0x93 is not one of a state dict", failure(other));
  }

  @Test
  void aTensorOutsideOfItsStorageIsFound() throws IOException {
    for (long[][] view :
        new long[][][] {
          {{1}, {4}, {1}},
          {{0}, {2, 4}, {4, 1}},
          {{0}, {2}, {4}},
          {{0}, {5}, {0}},
          {{4}, {}, {}},
          {{-1}, {1}, {1}},
          {{0}, {2}, {-1}},
          {{0}, {-1}, {1}},
          {{0}, {2, 2}, {1}},
          {{0}, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}},
        }) {
      Path file = zip(oneTensor(view[0][0], view[1], view[2]));
      assertEquals(
          file
              + ": tensor x does not fit its storage of 4 values; offset="
              + view[0][0]
              + ", shape="
              + Arrays.toString(view[1])
              + ", strides="
              + Arrays.toString(view[2]),
          failure(file));
    }
  }

  @Test
  void tensorsMayBeTiedButNotOverlap() throws IOException {
    long[] two = {2};
    long[] one = {1};
    TorchFileWriter halves =
        new TorchFileWriter()
            .ascii("}(")
            .text("a")
            .tensor("FloatStorage", "0", 4, 0, two, one)
            .text("b")
            .tensor("FloatStorage", "0", 4, 2, two, one);
    assertEquals(2, TorchFile.read(zip(halves.ascii("u"))).size());
    TorchFileWriter overlapping =
        new TorchFileWriter()
            .ascii("}(")
            .text("a")
            .tensor("FloatStorage", "0", 4, 0, new long[] {3}, one)
            .text("b")
            .tensor("FloatStorage", "0", 4, 2, two, one);
    Path file = zip(overlapping.ascii("u"));
    assertEquals(file + ": tensor b overlaps another one in storage 0", failure(file));
    TorchFileWriter twice =
        new TorchFileWriter()
            .ascii("}(")
            .text("a")
            .tensor("FloatStorage", "0", 4, 0, two, one)
            .text("b")
            .tensor("HalfStorage", "0", 4, 2, two, one);
    Path other = zip(twice.ascii("u"));
    assertEquals(other + " describes its storage 0 in two ways", failure(other));
  }

  @Test
  void otherContentIsNamed() throws IOException {
    Path training = zip(new TorchFileWriter().ascii("}").text("epoch").number(3).ascii("s"));
    assertEquals(
        training + " holds more than a state dict; 'epoch' is not a tensor", failure(training));
    Path list = zip(new TorchFileWriter().ascii("]"));
    assertEquals(list + " holds no state dict", failure(list));
    Path lacking =
        zip(
            new TorchFileWriter()
                .ascii("}")
                .text("x")
                .tensor("FloatStorage", "7", 4, 0, new long[] {4}, new long[] {1})
                .ascii("s"));
    assertEquals(lacking + " lacks archive/data/7", failure(lacking));
    Path shorter =
        zip(
            new TorchFileWriter()
                .ascii("}")
                .text("x")
                .tensor("FloatStorage", "0", 5, 0, new long[] {5}, new long[] {1})
                .ascii("s"));
    assertEquals(shorter + ": archive/data/0 must have 20 bytes; it has 16", failure(shorter));
    Path unknown = zip(new TorchFileWriter().ascii("}").text("x").bytes(0x80, 4).ascii("s"));
    assertEquals(
        unknown + " has a damaged pickle: opcode 0x80 is not one of a state dict",
        failure(unknown));
  }

  @Test
  void brokenPicklesAreNamed() throws IOException {
    Map<String, TorchFileWriter> broken = new LinkedHashMap<>();
    broken.put("the stack is empty", new TorchFileWriter().ascii("R"));
    broken.put("a mark is missing", new TorchFileWriter().ascii("t"));
    broken.put("nothing is remembered as 5", new TorchFileWriter().bytes('h', 5));
    broken.put("a key has no value", new TorchFileWriter().ascii("}(").text("a").ascii("u"));
    broken.put("a String is missing: Long", new TorchFileWriter().ascii("}KaKas"));
    broken.put("a text has the length -1", new TorchFileWriter().bytes('X', 255, 255, 255, 255));
    broken.put("a text has the length 1001", new TorchFileWriter().text("x".repeat(1001)));
    broken.put("a text has control characters", new TorchFileWriter().text("a\nb"));
    broken.put("a persistent id is not a storage's", new TorchFileWriter().ascii(")Q"));
    broken.put(
        "torch._utils._rebuild_parameter has 0 arguments",
        new TorchFileWriter().global("torch._utils", "_rebuild_parameter").ascii(")R"));
    broken.put(
        "a storage's length must be in 0..2147483639: -4",
        new TorchFileWriter().tensor("FloatStorage", "0", -4, 0, new long[] {4}, new long[] {1}));
    for (Map.Entry<String, TorchFileWriter> entry : broken.entrySet()) {
      Path file = zip(entry.getValue());
      assertEquals(file + " has a damaged pickle: " + entry.getKey(), failure(file));
    }
  }

  @Test
  void otherFilesAreNotPyTorchs() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "version https://git-lfs.github.com");
    assertEquals(
        text
            + " is not a PyTorch file; expected the zip or the pickles that torch.save writes; it starts with 0x76657273",
        failure(text));
    Path zip = folder.resolve("other.zip");
    Files.write(zip, TorchFileWriter.zip(Map.of("readme", new byte[1])));
    assertEquals(zip + " is not a PyTorch file; expected one data.pkl; found []", failure(zip));
    Path pickle = Files.write(folder.resolve("pickle"), new TorchFileWriter().number(1).end());
    assertEquals(pickle + " is a pickle, but not PyTorch's of protocol 1001", failure(pickle));
    Files.write(zip, TorchFileWriter.zip(Map.of("data.pkl", new byte[] {'(', 'l', '.'})));
    assertEquals(zip + " holds no pickle of protocol 2; protocol=0", failure(zip));
    Files.write(zip, Arrays.copyOf(Files.readAllBytes(zip), 60));
    assertTrue(failure(zip).startsWith(zip + " is a damaged zip: "), failure(zip));
    Path packed = folder.resolve("packed.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(packed))) {
      out.putNextEntry(new ZipEntry("archive/data.pkl"));
      out.write(new TorchFileWriter().ascii("}").end());
    }
    assertEquals(
        packed + ": archive/data.pkl must be stored as it is, not compressed", failure(packed));
    Path order = folder.resolve("order.zip");
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("data.pkl", new TorchFileWriter().ascii("}").end());
    entries.put("byteorder", "middle".getBytes(StandardCharsets.US_ASCII));
    Files.write(order, TorchFileWriter.zip(entries));
    assertEquals(order + ": byteorder must be little or big; byteorder=middle", failure(order));
    entries.put("byteorder", "big".getBytes(StandardCharsets.US_ASCII));
    entries.put("data.pkl", oneTensor(0, new long[] {4}, new long[] {1}).end());
    entries.put("data/0", new byte[] {0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    Files.write(order, TorchFileWriter.zip(entries));
    assertEquals(2, TorchFile.read(order).get("x").floats()[0]);
  }

  @Test
  void legacyStoragesAreChecked() throws IOException {
    Path file = folder.resolve("legacy.bin");
    TorchFileWriter.writeLegacy(file, Map.of("x", new Values(new float[4], new long[] {4})));
    byte[] whole = Files.readAllBytes(file);
    assertEquals(4, TorchFile.read(file).get("x").floats().length);
    int length = whole.length - 16 - Long.BYTES;
    byte[] longer = whole.clone();
    longer[length] = 5;
    Files.write(file, longer);
    assertEquals(
        file
            + ": storage 0 must have 4 values, within a file of "
            + whole.length
            + " bytes; it has 5",
        failure(file));
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));
    assertEquals(file + " is cut short within its storage 0", failure(file));
    Files.write(file, Arrays.copyOf(whole, length + 3));
    assertEquals(file + " is cut short before a storage", failure(file));
    Files.write(file, Arrays.copyOf(whole, length - 1));
    assertEquals(file + " is cut short within its pickle", failure(file));
    byte[] other = whole.clone();
    other[length - 3] = '9'; // The key in the list of storages; then "a" and ".".
    Files.write(file, other);
    assertEquals(file + " has a storage that no tensor is in: 9", failure(file));
    Map<String, Values> one = Map.of("x", new Values(new float[4], new long[] {4}));
    TorchFileWriter.writeLegacy(file, one, new TorchFileWriter().ascii("]"));
    assertEquals(file + " lacks the storages [0]", failure(file));
    TorchFileWriter.writeLegacy(file, one, new TorchFileWriter().ascii("}"));
    assertEquals(file + " lists no storages", failure(file));
  }
}
