package org.solrelectra.training.corpus;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.corpus.DocumentSource.DocumentConsumer;

/**
 * Takes documents, drops those it knows, and writes the others' tokens into a folder: as shards,
 * and after each shard as a state from which another writer goes on.
 */
final class CorpusWriter implements DocumentConsumer, Closeable {
  static final String HASHES = "hashes.bin";

  private final Path folder;
  private final WordPieceEncoder encoder;
  private final boolean[] continuing;
  private final String source;
  private final String tokenizerHash;
  private final CorpusSettings settings;
  private final Consumer<CorpusReport> progress;
  private final ShardSequence training;
  private final ShardSequence heldOut;
  private final DocumentHashes hashes;
  private final DocumentText text = new DocumentText();
  private final WordPieces pieces = new WordPieces();
  private final LengthHistogram lengths = new LengthHistogram();
  private final long startNanos = System.nanoTime();
  private final double secondsBefore;
  private long documents;
  private long duplicates;
  private long withoutText;
  private long bytes;
  private long characters;
  private long words;
  private long tokens;
  private long unknownWords;

  /**
   * @param source the source's description
   * @param before what to go on from; null for a start
   * @param progress is given the report after each shard
   */
  CorpusWriter(
      Path folder,
      WordPieceEncoder encoder,
      String source,
      String tokenizerHash,
      CorpusSettings settings,
      CorpusState before,
      Consumer<CorpusReport> progress)
      throws IOException {
    this.folder = folder;
    this.encoder = encoder;
    this.source = source;
    this.tokenizerHash = tokenizerHash;
    this.settings = settings;
    this.progress = progress;
    Vocabulary vocabulary = encoder.vocabulary();
    this.continuing = new boolean[vocabulary.size()];
    for (String piece : vocabulary.pieces()) {
      continuing[vocabulary.id(piece)] = piece.startsWith(Vocabulary.CONTINUATION_PREFIX);
    }
    TokenShardWriter.Format format = new TokenShardWriter.Format(vocabulary.size(), tokenizerHash);
    ShardSequence.Summary none = ShardSequence.Summary.EMPTY;
    this.training =
        new ShardSequence(
            folder, "training", format, vocabulary, before == null ? none : before.training());
    this.heldOut =
        new ShardSequence(
            folder, "held-out", format, vocabulary, before == null ? none : before.heldOut());
    this.hashes =
        settings.duplicates() == CorpusSettings.Duplicates.DROP
            ? new DocumentHashes(folder.resolve(HASHES), before == null ? 0 : before.hashes())
            : null;
    this.secondsBefore = before == null ? 0 : before.report().seconds();
    if (before != null) {
      goOn(before.report());
    }
  }

  private void goOn(CorpusReport report) {
    documents = report.documents();
    duplicates = report.duplicates();
    withoutText = report.withoutText();
    bytes = report.bytes();
    characters = report.characters();
    words = report.words();
    tokens = report.tokens();
    unknownWords = report.unknownWords();
    report.lengths().forEach(length -> lengths.add(length.from(), length.documents()));
  }

  @Override
  public void accept(List<String> lines) throws IOException {
    text.set(lines);
    if (hashes != null && !hashes.add(text)) {
      duplicates++;
      return;
    }
    boolean isHeldOut = text.place() < settings.heldOutShare();
    ShardSequence target = isHeldOut ? heldOut : training;
    int length = 0;
    for (String line : lines) {
      encoder.encode(line, SpecialTokens.AS_TEXT, pieces);
      target.addLine(pieces);
      length += pieces.size();
      countWords();
    }
    if (length == 0) {
      withoutText++;
      return;
    }
    target.endDocument();
    documents++;
    tokens += length;
    lengths.add(length, 1);
    bytes += text.bytes();
    characters += text.characters();
  }

  private void countWords() {
    int unknownId = encoder.vocabulary().unknownId();
    for (int i = 0; i < pieces.size(); i++) {
      int id = pieces.id(i);
      if (!continuing[id]) {
        words++;
      }
      if (id == unknownId) {
        unknownWords++;
      }
    }
  }

  @Override
  public void passOver() {
    withoutText++;
  }

  @Override
  public void mark(String place) throws IOException {
    if (training.openTokens() + heldOut.openTokens() >= settings.shardTokens()) {
      endShards();
      CorpusReport report = report();
      new CorpusState(
              source,
              tokenizerHash,
              settings,
              place,
              training.summary(),
              heldOut.summary(),
              report,
              hashes == null ? 0 : hashes.size())
          .write(folder);
      progress.accept(report);
    }
  }

  /** Completes the shards that are being written. */
  void endShards() throws IOException {
    training.endShard();
    heldOut.endShard();
    if (hashes != null) {
      hashes.force();
    }
  }

  ShardSequence.Summary training() {
    return training.summary();
  }

  ShardSequence.Summary heldOut() {
    return heldOut.summary();
  }

  CorpusReport report() {
    return new CorpusReport(
        documents,
        duplicates,
        withoutText,
        bytes,
        characters,
        words,
        tokens,
        unknownWords,
        secondsBefore + (System.nanoTime() - startNanos) / 1e9,
        lengths.bins());
  }

  @Override
  public void close() throws IOException {
    try (training;
        heldOut;
        hashes) {
      // Closes all three, the shards that are not complete as they are.
    }
  }
}
