package org.solrelectra.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.corpus.CorpusReader;
import org.solrelectra.training.corpus.TokenCorpus;
import org.solrelectra.training.corpus.TokenShard;
import org.solrelectra.training.random.KeyedRandom;
import org.solrelectra.training.random.KeyedRandom.Purpose;

/** Seeded text of two dozen words, and a vocabulary that holds them and all letters. */
public final class SmallCorpus {
  private static final List<String> WORDS =
      List.of(
          "the", "bank", "card", "money", "rain", "wind", "team", "goal", "price", "market", "was",
          "is", "new", "old", "red", "lost", "found", "sent", "late", "early", "in", "on", "to",
          "from");

  private SmallCorpus() {}

  /** Returns special tokens first, then letters, then words. */
  public static List<String> pieces() {
    List<String> pieces = new ArrayList<>(Vocabulary.specialTokens());
    for (char c = 'a'; c <= 'z'; c++) {
      pieces.add(String.valueOf(c));
      pieces.add(Vocabulary.CONTINUATION_PREFIX + c);
    }
    pieces.addAll(List.of(".", ",", "?"));
    pieces.addAll(WORDS);
    return pieces;
  }

  public static Vocabulary vocabulary() throws IOException {
    return Vocabulary.of(pieces(), "the small corpus");
  }

  /** Writes {@code vocab.txt} and returns where it is. */
  public static Path writeVocabulary(Path folder) throws IOException {
    return Files.writeString(folder.resolve("vocab.txt"), String.join("\n", pieces()) + "\n");
  }

  /** Writes documents of one to four lines and returns the file. */
  public static Path writeText(Path folder, int documents) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int document = 0; document < documents; document++) {
      KeyedRandom random = new KeyedRandom(7, Purpose.SHUFFLE, document);
      int lines = 1 + random.nextInt(4);
      for (int line = 0; line < lines; line++) {
        text.append(sentence(random)).append('\n');
      }
      text.append('\n');
    }
    return Files.writeString(folder.resolve("corpus.txt"), text);
  }

  /** Writes documents as shards for training and returns them. */
  public static List<TokenShard> writeShards(Path folder, int documents) throws IOException {
    String tokenizerHash = "0f".repeat(32);
    Path corpus = folder.resolve("corpus");
    TokenCorpus.write(
        new CorpusReader(List.of(writeText(folder, documents))),
        new WordPieceEncoder(vocabulary(), TokenizerConfig.bert(true, 128)),
        tokenizerHash,
        0,
        corpus);
    return TokenCorpus.open(corpus, tokenizerHash).training();
  }

  private static String sentence(KeyedRandom random) {
    StringBuilder sentence = new StringBuilder();
    int words = 3 + random.nextInt(9);
    for (int word = 0; word < words; word++) {
      sentence.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
    }
    return sentence.append('.').toString();
  }
}
