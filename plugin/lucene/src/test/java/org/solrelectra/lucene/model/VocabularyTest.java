package org.solrelectra.lucene.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.solrelectra.lucene.SharedFiles;

class VocabularyTest {
  @TempDir Path folder;

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("vocab.txt"), text);
  }

  @Test
  void theLineIsTheId() throws IOException {
    Vocabulary vocabulary = Vocabulary.read(write("[PAD]\r\n[UNK]\n[CLS]\n[SEP]\n\n[MASK]\nthe"));
    assertEquals(7, vocabulary.size());
    assertEquals(5, vocabulary.maskId());
    assertEquals("the", vocabulary.piece(6));
    assertEquals(6, vocabulary.id("the"));
    assertEquals(-1, vocabulary.id("of"));
  }

  @Test
  void ofAPieceThatStandsTwiceTheLastLineCounts() throws IOException {
    assertEquals(
        5, Vocabulary.read(write("[PAD]\nthe\n[UNK]\n[CLS]\n[SEP]\nthe\n[MASK]\n")).id("the"));
  }

  @Test
  void aByteOrderMarkAndSpaceAtTheEndOfALineAreNoPartOfAPiece() throws IOException {
    Vocabulary vocabulary =
        Vocabulary.read(
            write("\uFEFF[PAD] \n[UNK]\t\r\n[CLS]\u00A0\n[SEP]\u3000\n[MASK]\n the\n \nof\n \n"));
    assertEquals(
        List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", " the", "", "of"),
        vocabulary.pieces());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bom.txt", "trailing-space.txt"})
  void aVocabularyOfOthersIsReadAsAPlainOne(String name) throws IOException {
    assertEquals(
        Vocabulary.read(SharedFiles.require("cases/vocabulary/plain.txt")).pieces(),
        Vocabulary.read(SharedFiles.require("cases/vocabulary/" + name)).pieces());
  }

  @Test
  void aVocabularyThatIsFarTooLargeIsRefusedBeforeItIsKept() throws IOException {
    Path file = write("\n".repeat((1 << 20) + 1));
    assertEquals(
        file + " must have at most 1048576 pieces; pieces=1048577",
        assertThrows(InvalidModelException.class, () -> Vocabulary.read(file)).getMessage());
    try (RandomAccessFile larger = new RandomAccessFile(file.toFile(), "rw")) {
      larger.setLength(1L << 40);
    }
    assertEquals(
        file + " must have at most 33554432 bytes; bytes=1099511627776",
        assertThrows(InvalidModelException.class, () -> Vocabulary.read(file)).getMessage());
  }

  @Test
  void missingSpecialTokensAreNamed() throws IOException {
    Path file = write("[PAD]\n[UNK]\nthe\n");
    InvalidModelException e =
        assertThrows(InvalidModelException.class, () -> Vocabulary.read(file));
    assertEquals(
        file
            + " lacks special tokens; expected [[PAD], [UNK], [CLS], [SEP], [MASK]]; missing [[CLS], [SEP], [MASK]]",
        e.getMessage());
  }

  @Test
  void anotherEncodingIsAnError() throws IOException {
    Path file = folder.resolve("vocab.txt");
    Files.write(file, "[PAD]\ncaf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    assertEquals(
        file + " is not UTF-8 text; expected one word piece a line",
        assertThrows(InvalidModelException.class, () -> Vocabulary.read(file)).getMessage());
  }
}
