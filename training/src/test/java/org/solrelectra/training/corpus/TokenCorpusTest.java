package org.solrelectra.training.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.SmallCorpus;

/** From text to shards of token ids, and what is wrong with shards. */
class TokenCorpusTest {
  private static final String HASH = "a0".repeat(32);

  @TempDir private Path folder;

  @Test
  void shardsHoldEveryTokenOfEveryDocument() throws IOException {
    Vocabulary vocabulary = SmallCorpus.vocabulary();
    WordPieceEncoder encoder = encoder(vocabulary);
    Path text = SmallCorpus.writeText(folder, 50);
    List<Integer> expected = new ArrayList<>();
    List<Integer> lineStarts = new ArrayList<>();
    WordPieces pieces = new WordPieces();
    new CorpusReader(List.of(text))
        .forEachDocument(
            lines -> {
              for (String line : lines) {
                lineStarts.add(expected.size());
                encoder.encode(line, SpecialTokens.AS_TEXT, pieces);
                for (int i = 0; i < pieces.size(); i++) {
                  expected.add(pieces.id(i));
                }
              }
              expected.add(vocabulary.sepId());
            });
    TokenCorpus corpus = write(text, encoder, 0);
    assertEquals(1, corpus.training().size());
    TokenShard shard = corpus.training().get(0);
    assertEquals(expected.size(), shard.tokens());
    assertEquals(expected.size(), corpus.tokens());
    assertEquals(50, corpus.documents());
    assertEquals(0, corpus.unknownTokens());
    List<Integer> ids = new ArrayList<>();
    List<Integer> starts = new ArrayList<>();
    for (int i = 0; i < shard.tokens(); i++) {
      ids.add(shard.id(i));
      if (shard.startsLine(i)) {
        starts.add(i);
      }
    }
    assertEquals(expected, ids);
    assertEquals(lineStarts, starts);
  }

  @Test
  void heldOutDocumentsAreNotTrainedOn() throws IOException {
    WordPieceEncoder encoder = encoder(SmallCorpus.vocabulary());
    Path text = SmallCorpus.writeText(folder, 400);
    TokenCorpus all = write(text, encoder, 0);
    TokenCorpus split = write(text, encoder, 0.25);
    long heldOut = split.heldOut().stream().mapToLong(TokenShard::tokens).sum();
    assertEquals(all.tokens(), split.tokens() + heldOut);
    TokenCorpus reversed = write(reversed(text), encoder, 0.25);
    assertEquals(split.tokens(), reversed.tokens(), "the text alone chooses");
    // Five standard deviations of a binomial with p = 1/4.
    assertEquals(300, split.documents(), 5 * Math.sqrt(400 * 0.25 * 0.75));
  }

  private static Path reversed(Path text) throws IOException {
    List<String> documents = new ArrayList<>(List.of(Files.readString(text).split("\n\n")));
    java.util.Collections.reverse(documents);
    return Files.writeString(text.resolveSibling("reversed.txt"), String.join("\n\n", documents));
  }

  @Test
  void largeVocabulariesTakeFourBytes() throws IOException {
    Path file = folder.resolve("large.tokens");
    try (TokenShardWriter writer =
        new TokenShardWriter(file, new TokenShardWriter.Format(70_000, HASH))) {
      for (int id = 65_530; id < 65_545; id++) {
        writer.add(id);
      }
    }
    TokenShard shard = TokenShard.open(file);
    for (int i = 0; i < shard.tokens(); i++) {
      assertEquals(65_530 + i, shard.id(i));
    }
    assertEquals(15, shard.tokens());
  }

  @Test
  void anotherTokenizersCorpusIsRefused() throws IOException {
    write(SmallCorpus.writeText(folder, 5), encoder(SmallCorpus.vocabulary()), 0);
    Path written = folder.resolve("corpus");
    assertEquals(
        written
            + " was tokenized by another vocabulary or set-up; expected another;"
            + " tokenizer_hash="
            + HASH,
        assertThrows(InvalidCorpusException.class, () -> TokenCorpus.open(written, "another"))
            .getMessage());
  }

  @Test
  void theHashCoversPiecesAndSettings() throws IOException {
    Vocabulary vocabulary = SmallCorpus.vocabulary();
    List<String> pieces = new ArrayList<>(SmallCorpus.pieces());
    java.util.Collections.swap(pieces, 10, 11);
    Vocabulary swapped = Vocabulary.of(pieces, "swapped");
    TokenizerConfig uncased = TokenizerConfig.bert(true, 128);
    String hash = TokenizerHash.of(vocabulary, uncased);
    assertEquals(hash, TokenizerHash.of(vocabulary, TokenizerConfig.bert(true, 64)));
    assertFalse(hash.equals(TokenizerHash.of(swapped, uncased)));
    assertFalse(hash.equals(TokenizerHash.of(vocabulary, TokenizerConfig.bert(false, 128))));
    assertFalse(
        hash.equals(TokenizerHash.of(vocabulary, new TokenizerConfig(true, false, true, 128))));
    assertFalse(
        hash.equals(TokenizerHash.of(vocabulary, new TokenizerConfig(true, true, false, 128))));
  }

  @Test
  void aCorpusThatIsNotTextLeavesNothing() throws IOException {
    Path binary = folder.resolve("binary");
    Files.write(binary, new byte[] {'a', '\n', 0});
    WordPieceEncoder encoder = encoder(SmallCorpus.vocabulary());
    assertThrows(InvalidCorpusException.class, () -> write(binary, encoder, 0));
    assertFalse(Files.exists(folder.resolve("corpus")));
    assertFalse(Files.exists(folder.resolve(".corpus.electra-partial")));
  }

  @Test
  void damagedShardsAreRefused() throws IOException {
    write(SmallCorpus.writeText(folder, 5), encoder(SmallCorpus.vocabulary()), 0);
    Path file = folder.resolve("corpus/training-00000.tokens");
    byte[] sound = Files.readAllBytes(file);
    long size = sound.length;
    byte[] flipped = sound.clone();
    flipped[100] ^= 1;
    assertDamage(flipped, file, " is damaged: its checksum differs");
    assertDamage(
        Arrays.copyOf(sound, sound.length - 1),
        file,
        " is cut short; expected " + size + " bytes; file size=" + (size - 1));
    assertDamage(Arrays.copyOf(sound, 10), file, " is cut short; file size=10");
    byte[] other = sound.clone();
    other[0] ^= 1;
    assertDamage(other, file, " is not a token shard");
    byte[] version = sound.clone();
    version[8] = 9;
    assertDamage(version, file, " has another format version; expected 2; version=9");
    Files.write(file, sound);
    assertTrue(TokenCorpus.open(folder.resolve("corpus"), HASH).tokens() > 0);
  }

  /** Shards that are sound, but not those that the description names. */
  @Test
  void otherShardsThanDescribedAreRefused() throws IOException {
    WordPieceEncoder encoder = encoder(SmallCorpus.vocabulary());
    Path corpus = folder.resolve("corpus");
    write(SmallCorpus.writeText(folder, 5), encoder, 0);
    String sum = TokenCorpus.checksum(corpus);
    byte[] five = Files.readAllBytes(corpus.resolve("training-00000.tokens"));
    write(SmallCorpus.writeText(folder, 6), encoder, 0);
    assertFalse(sum.equals(TokenCorpus.checksum(corpus)));
    String six = crc(corpus);
    Path exchanged = Files.createDirectory(folder.resolve("exchanged"));
    Files.copy(corpus.resolve("corpus.json"), exchanged.resolve("corpus.json"));
    Path shard = Files.write(exchanged.resolve("training-00000.tokens"), five);
    write(SmallCorpus.writeText(folder, 5), encoder, 0);
    assertEquals(
        shard
            + " is not the shard that corpus.json names; expected the CRC-32C "
            + six
            + "; CRC-32C="
            + crc(corpus),
        assertThrows(InvalidCorpusException.class, () -> TokenCorpus.open(exchanged, HASH))
            .getMessage());
    Path otherHash = Files.createDirectory(folder.resolve("other-hash"));
    Files.copy(corpus.resolve("corpus.json"), otherHash.resolve("corpus.json"));
    five[40] ^= 1;
    Path foreign = Files.write(otherHash.resolve("training-00000.tokens"), five);
    assertEquals(
        foreign
            + " was tokenized by another vocabulary or set-up; expected "
            + HASH
            + "; tokenizer hash="
            + "a0".repeat(8)
            + "a1"
            + "a0".repeat(23),
        assertThrows(InvalidCorpusException.class, () -> TokenCorpus.open(otherHash, HASH))
            .getMessage());
  }

  private static String crc(Path corpus) throws IOException {
    return new com.fasterxml.jackson.databind.ObjectMapper()
        .readTree(corpus.resolve("corpus.json").toFile())
        .at("/training/shards/0/crc32c")
        .asText();
  }

  @Test
  void anotherFormatIsRefused() throws IOException {
    Path old = Files.createDirectory(folder.resolve("old"));
    Path description = Files.writeString(old.resolve("corpus.json"), "{\"format_version\": 1}");
    assertEquals(
        description + " has another format version; expected 2; format_version=1",
        assertThrows(InvalidCorpusException.class, () -> TokenCorpus.open(old, HASH)).getMessage());
  }

  /** Another file: a mapped one may not be shortened on every system. */
  private void assertDamage(byte[] bytes, Path like, String message) throws IOException {
    Path file = Files.createTempFile(folder, "shard", ".tokens");
    Files.write(file, bytes);
    assertEquals(
        file + message,
        assertThrows(InvalidCorpusException.class, () -> TokenShard.open(file), like.toString())
            .getMessage());
  }

  private TokenCorpus write(Path text, WordPieceEncoder encoder, double heldOutShare)
      throws IOException {
    Path target = folder.resolve("corpus");
    TokenCorpus.write(new CorpusReader(List.of(text)), encoder, HASH, heldOutShare, target);
    return TokenCorpus.open(target, HASH);
  }

  private static WordPieceEncoder encoder(Vocabulary vocabulary) {
    return new WordPieceEncoder(vocabulary, TokenizerConfig.bert(true, 128));
  }
}
