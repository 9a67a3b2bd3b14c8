package org.solrelectra.training.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.checkpoint.SafeTensors.Values;

/** The checkpoint in src/test/resources/interchange/tensorflow was written by TensorFlow. */
class TensorFlowCheckpointTest {
  /** Tests with far more run in the profile soak. */
  private static final int DAMAGES = Integer.getInteger("solrelectra.damages", 300);

  @TempDir private Path folder;
  private Path prefix;
  private Path index;
  private Path data;

  @BeforeEach
  void copyTheCheckpoint() throws IOException {
    prefix = folder.resolve("small");
    index = copy("small.index");
    data = copy("small.data-00000-of-00001");
  }

  private Path copy(String name) throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/interchange/tensorflow/" + name)) {
      Files.copy(in, folder.resolve(name));
    }
    return folder.resolve(name);
  }

  @Test
  void whatTensorFlowSavedIsRead() throws IOException {
    TensorFlowCheckpoint checkpoint = TensorFlowCheckpoint.open(prefix);
    Map<String, Values> variables = SmallTensorFlowModel.variables();
    assertEquals(variables.size() + 1, checkpoint.names().size());
    assertTrue(checkpoint.names().contains("global_step"));
    assertNull(checkpoint.shape("none"));
    for (Map.Entry<String, Values> entry : variables.entrySet()) {
      Values read = checkpoint.read(entry.getKey());
      assertArrayEquals(entry.getValue().shape(), read.shape(), entry.getKey());
      assertArrayEquals(entry.getValue().floats(), read.floats(), entry.getKey());
    }
    assertEquals(
        prefix + ": global_step must be float (1), bfloat16 (14) or half (19); dtype=9",
        assertThrows(InvalidModelException.class, () -> checkpoint.read("global_step"))
            .getMessage());
  }

  @Test
  void theTestsOwnWriterWritesWhatTensorFlowDoes() throws IOException {
    Path other = folder.resolve("other");
    TensorFlowFileWriter.write(other, SmallTensorFlowModel.variables());
    TensorFlowCheckpoint checkpoint = TensorFlowCheckpoint.open(other);
    for (Map.Entry<String, Values> entry : SmallTensorFlowModel.variables().entrySet()) {
      assertArrayEquals(entry.getValue().floats(), checkpoint.read(entry.getKey()).floats());
    }
  }

  private void readAll() throws IOException {
    TensorFlowCheckpoint checkpoint = TensorFlowCheckpoint.open(prefix);
    for (String name : SmallTensorFlowModel.variables().keySet()) {
      if (checkpoint.names().contains(name)) {
        assertArrayEquals(checkpoint.shape(name), checkpoint.read(name).shape());
      }
    }
  }

  @Test
  void everyTruncationIsFound() throws IOException {
    for (Path file : new Path[] {index, data}) {
      byte[] whole = Files.readAllBytes(file);
      for (int length = 0; length < whole.length; length += 101) {
        Files.write(file, Arrays.copyOf(whole, length));
        assertThrows(InvalidModelException.class, this::readAll, file + " of length " + length);
      }
      Files.write(file, whole);
    }
  }

  @Test
  void damageIsAnErrorOfOneLine() throws IOException {
    DamagedFiles.check(index, 20261125, DAMAGES, file -> readAll());
    DamagedFiles.check(data, 20261126, DAMAGES / 4, file -> readAll());
  }

  /** The checksums hide damage from the parsers behind them: these tables have right checksums. */
  @Test
  void damageWithRightChecksumsIsAnErrorOfOneLine() throws IOException {
    java.util.Random random = new java.util.Random(20261127);
    for (int i = 0; i < DAMAGES; i++) {
      Map<String, byte[]> entries = new LinkedHashMap<>();
      byte[] header = TensorFlowFileWriter.header(1, 0);
      byte[] entry = TensorFlowFileWriter.entry(1, new long[] {2, 2}, 0, new byte[16], 0, false);
      byte[] damaged = i % 4 == 0 ? header : entry;
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      entries.put("", header);
      entries.put("electra/embeddings/word_embeddings", entry);
      TensorFlowFileWriter.writeIndex(prefix, entries);
      try {
        readAll();
      } catch (IOException e) {
        assertTrue(e.getMessage() != null && !e.getMessage().contains("\n"), "damage " + i);
      }
    }
  }

  private String failure() {
    return assertThrows(InvalidModelException.class, () -> TensorFlowCheckpoint.open(prefix))
        .getMessage();
  }

  private String failure(byte[] entry) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("", TensorFlowFileWriter.header(1, 0));
    entries.put("x", entry);
    TensorFlowFileWriter.writeIndex(prefix, entries);
    return assertThrows(
            InvalidModelException.class, () -> TensorFlowCheckpoint.open(prefix).read("x"))
        .getMessage();
  }

  @Test
  void aVariableThatCannotBeReadIsNamed() throws IOException {
    byte[] four = new byte[16];
    long[] shape = {2, 2};
    assertEquals(
        prefix + ": x is stored in slices, which is not read; save it as one variable",
        failure(TensorFlowFileWriter.entry(1, shape, 0, four, 0, true)));
    assertEquals(
        prefix + ": x must be float (1), bfloat16 (14) or half (19); dtype=2",
        failure(TensorFlowFileWriter.entry(2, shape, 0, four, 0, false)));
    assertEquals(
        prefix + ": x must have 16 bytes in one of 1 shards; size=16, shard=1",
        failure(TensorFlowFileWriter.entry(1, shape, 0, four, 1, false)));
    assertEquals(
        prefix + ": x must have 16 bytes in one of 1 shards; size=8, shard=0",
        failure(TensorFlowFileWriter.entry(1, shape, 0, new byte[8], 0, false)));
    assertEquals(
        prefix
            + ": x spans bytes 34512..34528 of small.data-00000-of-00001, which has "
            + Files.size(data),
        failure(TensorFlowFileWriter.entry(1, shape, 34_512, four, 0, false)));
    assertEquals(
        prefix + ": x is damaged: its CRC-32C differs",
        failure(TensorFlowFileWriter.entry(1, shape, 0, four, 0, false)));
    assertEquals(
        index + ": x has a damaged shape; length=-2",
        failure(TensorFlowFileWriter.entry(1, new long[] {-2}, 0, four, 0, false)));
    assertEquals(
        index + ": x has a damaged shape; length=65536",
        failure(TensorFlowFileWriter.entry(1, new long[] {65536, 65536}, 0, four, 0, false)));
  }

  @Test
  void halfPrecisionIsConverted() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    byte[] half = {0, 0x3e, 0, (byte) 0xc0};
    byte[] bfloat = {(byte) 0xc0, 0x3f, 0x40, (byte) 0xc0};
    entries.put("", TensorFlowFileWriter.header(1, 0));
    entries.put("bfloat", TensorFlowFileWriter.entry(14, new long[] {2}, 4, bfloat, 0, false));
    entries.put("half", TensorFlowFileWriter.entry(19, new long[] {2}, 0, half, 0, false));
    TensorFlowFileWriter.writeIndex(prefix, entries);
    Files.write(
        data,
        new byte[] {
          half[0], half[1], half[2], half[3], bfloat[0], bfloat[1], bfloat[2], bfloat[3]
        });
    TensorFlowCheckpoint checkpoint = TensorFlowCheckpoint.open(prefix);
    assertArrayEquals(new float[] {1.5f, -2}, checkpoint.read("half").floats());
    assertArrayEquals(new float[] {1.5f, -3}, checkpoint.read("bfloat").floats());
  }

  @Test
  void anIndexThatIsNoneIsNamed() throws IOException {
    Map<String, byte[]> entries = Map.of("", TensorFlowFileWriter.header(1, 0));
    byte[] compressed = TensorFlowFileWriter.table(TensorFlowFileWriter.block(entries), 1, 1);
    Files.write(index, compressed);
    assertEquals(
        index + " has compressed blocks, which TensorFlow does not write; expected type 0; type=1",
        failure());
    byte[] damaged = TensorFlowFileWriter.table(TensorFlowFileWriter.block(entries), 0, 1);
    damaged[damaged.length - 60] ^= 1;
    Files.write(index, damaged);
    assertTrue(failure().startsWith(index + " is damaged: the CRC-32C of the block at "));
    byte[] footer = TensorFlowFileWriter.table(TensorFlowFileWriter.block(entries), 0, 1);
    footer[footer.length - 48] = 127;
    footer[footer.length - 46] = 127;
    Files.write(index, footer);
    assertEquals(
        index
            + " is damaged: a block at 127 of 15 bytes is not within the file of "
            + footer.length,
        failure());
    Files.write(index, TensorFlowFileWriter.table(TensorFlowFileWriter.block(entries), 0, 2));
    assertEquals(index + " is damaged: the block at 0 is not behind the others", failure());
    Files.write(index, TensorFlowFileWriter.table(new byte[] {9, 0, 0, 0}, 0, 1));
    assertEquals(index + " is damaged: the block at 0 has 9 restart points", failure());
    Files.write(index, TensorFlowFileWriter.table(new byte[] {5, 1, 0, 'x', 0, 0, 0, 0}, 0, 1));
    assertEquals(index + " is damaged: a key of 5 shared and 1 own bytes", failure());
    Files.write(index, TensorFlowFileWriter.table(new byte[] {0, 9, 0, 'x', 0, 0, 0, 0}, 0, 1));
    assertTrue(failure().startsWith(index + " is damaged: While parsing a protocol message"));
    Files.writeString(index, "x".repeat(60));
    assertEquals(
        index
            + " is not the index of a TensorFlow checkpoint or is cut short; its last 8 bytes must be 57fb808b247547db; file size=60",
        failure());
    TensorFlowFileWriter.writeIndex(prefix, Map.of("x", new byte[0]));
    assertEquals(index + " has no header", failure());
    TensorFlowFileWriter.writeIndex(prefix, Map.of("", TensorFlowFileWriter.header(1, 1)));
    assertEquals(
        index + " must have shards, and little-endian ones; shards=1, endianness=1", failure());
    Files.delete(index);
    assertThrows(NoSuchFileException.class, () -> TensorFlowCheckpoint.open(prefix));
  }
}
