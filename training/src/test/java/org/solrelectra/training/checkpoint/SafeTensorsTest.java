package org.solrelectra.training.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.DataType;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

class SafeTensorsTest {
  @TempDir private Path folder;

  @Test
  void float32ComesBackBitForBit() throws IOException {
    Map<String, Values> tensors = new LinkedHashMap<>();
    float[] floats = {
      0f, -0f, 1.5f, Float.MIN_VALUE, Float.MAX_VALUE, Float.NaN, Float.NEGATIVE_INFINITY, 1 / 3f
    };
    tensors.put("b", new Values(floats, new long[] {2, 4}));
    tensors.put("a", new Values(new float[] {7}, new long[] {}));
    tensors.put("größe", new Values(new float[] {}, new long[] {0, 3}));
    Path file = folder.resolve("f32.safetensors");
    SafeTensors.write(file, tensors, DataType.F32);
    Map<String, Values> read = SafeTensors.read(file);
    assertEquals(List.copyOf(tensors.keySet()), List.copyOf(read.keySet()));
    tensors.forEach(
        (name, values) -> {
          assertArrayEquals(values.shape(), read.get(name).shape());
          assertArrayEquals(values.floats(), read.get(name).floats());
        });
    ByteBuffer start = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(0, start.getLong(0) % 8, "data must start at a multiple of 8");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "1.00390625, 1", // halfway between 1 and the next: to even
    "1.01171875, 1.015625", // halfway: to even
    "1.004, 1.0078125",
    "-3.3895314e38, -3.3895314e38",
    "3.4e38, Infinity",
    "1e-40, 9.18355e-41" // subnormal
  })
  void bfloat16IsRoundedToNearestEven(float value, float expected) throws IOException {
    Path file = folder.resolve("bf16.safetensors");
    Values values = new Values(new float[] {value}, new long[] {1});
    SafeTensors.write(file, Map.of("x", values), DataType.BF16);
    assertEquals(expected, SafeTensors.read(file).get("x").floats()[0], Math.abs(expected) * 1e-6f);
  }

  @ParameterizedTest
  @CsvSource({
    "F16, 003c, 1",
    "F16, 00c0, -2",
    "F16, 0100, 5.9604645e-8",
    "F16, ff7b, 65504",
    "F16, 007c, Infinity",
    "F64, 000000000000f83f, 1.5",
    "I64, feffffffffffffff, -2",
    "BF16, c03f, 1.5"
  })
  void otherTypesAreConverted(String type, String hex, float expected) throws IOException {
    byte[] data = java.util.HexFormat.of().parseHex(hex);
    Path file =
        file(
            "{'x':{'dtype':'" + type + "','shape':[1],'data_offsets':[0," + data.length + "]}}",
            data);
    assertEquals(expected, SafeTensors.read(file).get("x").floats()[0]);
  }

  @Test
  void aFileIsNotOverwritten() throws IOException {
    Path file = Files.createFile(folder.resolve("there"));
    assertThrows(
        FileAlreadyExistsException.class, () -> SafeTensors.write(file, Map.of(), DataType.F32));
    assertEquals(
        "type must be F32 or BF16; type=I64",
        assertThrows(
                IllegalArgumentException.class,
                () -> SafeTensors.write(file, Map.of(), DataType.I64))
            .getMessage());
  }

  @Test
  void everyTruncationIsFound() throws IOException {
    Path file = folder.resolve("whole");
    Values values = new Values(new float[] {1, 2, 3}, new long[] {3});
    SafeTensors.write(file, Map.of("x", values), DataType.F32);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Path cut = folder.resolve("cut");
      Files.write(cut, Arrays.copyOf(whole, length));
      assertThrows(InvalidModelException.class, () -> SafeTensors.read(cut), "length " + length);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}"
            + " | : tensor x spans bytes 0..4; expected 8 bytes for shape [2]",
        "{'x':{'dtype':'F32','shape':[1],'data_offsets':[-4,0]}}"
            + " | : tensor x spans bytes -4..0; expected 4 bytes for shape [1]",
        "{'x':{'dtype':'F32','shape':[1]}}"
            + " | : tensor x spans bytes -1..-1; expected 4 bytes for shape [1]",
        "{'x':{'dtype':'F8','shape':[1],'data_offsets':[0,4]}}"
            + " | : tensor x has dtype F8; expected one of [F32, BF16, F16, F64, I64]",
        "{'x':{'dtype':'F32','shape':[-1,-1],'data_offsets':[0,4]}}"
            + " | : tensor x has a damaged shape: [-1,-1]",
        "{'x':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,4]}}"
            + " | : tensor x has a damaged shape: [4611686018427387904,4]",
        "{'x':{'dtype':'F32','shape':[268435456],'data_offsets':[0,1073741824]}}"
            + " | : tensor x spans bytes 0..1073741824; the file has 4 bytes of data",
        "['x'] | ' has a damaged safetensors header'",
        "{'x': | ' has a damaged safetensors header'",
      })
  void brokenHeadersAreNamed(String header, String message) throws IOException {
    Path file = file(header, new byte[4]);
    assertEquals(
        file + message,
        assertThrows(InvalidModelException.class, () -> SafeTensors.read(file)).getMessage());
  }

  @Test
  void otherFilesAreNotSafeTensors() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "This is not what was expected here.");
    InvalidModelException e =
        assertThrows(InvalidModelException.class, () -> SafeTensors.read(text));
    assertTrue(
        e.getMessage().startsWith(text + " is not a safetensors file or is cut short; "),
        e.getMessage());
  }

  private Path file(String header, byte[] data) throws IOException {
    byte[] bytes = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer content =
        ByteBuffer.allocate(8 + bytes.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    content.putLong(bytes.length).put(bytes).put(data);
    return Files.write(folder.resolve("file"), content.array());
  }
}
