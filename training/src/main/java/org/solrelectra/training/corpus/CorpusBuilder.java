package org.solrelectra.training.corpus;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.training.report.LengthChart;
import org.solrelectra.training.storage.Folders;

/** Makes a {@link TokenCorpus} out of documents, in one pass. Immutable. */
public final class CorpusBuilder {
  private static final String REPORT = "report.json";
  private static final String LENGTHS = "lengths.png";
  private static final String SHARD_SUFFIX = ".tokens";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final DocumentSource documents;
  private final WordPieceEncoder encoder;
  private final String tokenizerHash;
  private final CorpusSettings settings;

  /**
   * @param tokenizerHash of the encoder's vocabulary and set-up, see {@link TokenizerHash}
   */
  public CorpusBuilder(
      DocumentSource documents,
      WordPieceEncoder encoder,
      String tokenizerHash,
      CorpusSettings settings) {
    this.documents = documents;
    this.encoder = encoder;
    this.tokenizerHash = tokenizerHash;
    this.settings = settings;
  }

  /**
   * Writes a new folder: shards, a report as {@code report.json}, a picture as {@code lengths.png}.
   * It appears when it is complete. If that fails after the first shard, what is written is kept
   * beside it, and {@link #resume} goes on from there.
   *
   * @param progress is given the report so far after each shard
   * @throws IllegalArgumentException if the folder exists, or can be resumed
   * @throws InvalidCorpusException if there is no text, or what should be text is not
   */
  public CorpusReport start(Path folder, Consumer<CorpusReport> progress) throws IOException {
    requireNew(folder);
    if (canResume(folder)) {
      throw new IllegalArgumentException(
          folder
              + " is written in part; say --resume to go on, or delete "
              + Folders.partial(folder)
              + " to start anew");
    }
    return writeWithReport(folder, null, progress);
  }

  /**
   * Goes on with a folder that {@link #start} did not complete, after its last complete shard;
   * starts if there is none.
   *
   * @param progress is given the report so far after each shard
   * @throws IllegalArgumentException if the folder exists, or was begun from other documents or
   *     with other settings
   * @throws InvalidCorpusException if there is no text, or what should be text is not
   */
  public CorpusReport resume(Path folder, Consumer<CorpusReport> progress) throws IOException {
    requireNew(folder);
    CorpusState state = CorpusState.read(Folders.partial(folder));
    if (state != null) {
      state.requireSame(folder, documents.description(), tokenizerHash, settings);
    }
    return writeWithReport(folder, state, progress);
  }

  private static void requireNew(Path folder) {
    if (Files.exists(folder)) {
      throw new IllegalArgumentException(folder + " exists already; name another --output");
    }
  }

  /** Says whether {@link #start} left something to go on from. */
  public static boolean canResume(Path folder) throws IOException {
    return CorpusState.read(Folders.partial(folder)) != null;
  }

  /**
   * Writes a new folder of shards. It appears when it is complete; if that fails, nothing is left.
   *
   * @throws InvalidCorpusException if there is no text, or what should be text is not
   */
  public void write(Path folder) throws IOException {
    Path partial = Folders.partial(folder);
    try {
      writeShards(partial, null, report -> {});
    } catch (IOException | RuntimeException e) {
      Folders.deleteIfExists(partial);
      throw e;
    }
    complete(partial, folder);
  }

  private CorpusReport writeWithReport(
      Path folder, CorpusState state, Consumer<CorpusReport> progress) throws IOException {
    Path partial = Folders.partial(folder);
    CorpusReport report;
    try {
      report = writeShards(partial, state, progress);
    } catch (IOException | RuntimeException e) {
      if (!canResume(folder)) {
        Folders.deleteIfExists(partial);
      }
      throw e;
    }
    ObjectNode json = JSON.valueToTree(report);
    json.put("pieces_per_word", report.piecesPerWord());
    json.put("unknown_rate", report.unknownRate());
    json.put("bytes_per_second", report.bytesPerSecond());
    Files.writeString(partial.resolve(REPORT), json.toPrettyString() + "\n");
    List<LengthChart.Bar> bars =
        report.lengths().stream()
            .map(length -> new LengthChart.Bar(length.from(), length.to(), length.documents()))
            .toList();
    new LengthChart(bars).write(partial.resolve(LENGTHS));
    complete(partial, folder);
    return report;
  }

  private CorpusReport writeShards(Path partial, CorpusState state, Consumer<CorpusReport> progress)
      throws IOException {
    if (state == null) {
      Folders.deleteIfExists(partial);
      Files.createDirectories(partial);
    } else {
      deleteIncompleteShards(partial, state);
    }
    try (CorpusWriter writer =
        new CorpusWriter(
            partial, encoder, documents.description(), tokenizerHash, settings, state, progress)) {
      documents.forEachDocument(state == null ? DocumentSource.START : state.place(), writer);
      writer.endShards();
      CorpusReport report = writer.report();
      if (report.documents() == 0) {
        throw new InvalidCorpusException(
            "no document has a word; documents without text=" + report.withoutText());
      }
      TokenCorpus.describe(
          partial, tokenizerHash, settings.heldOutShare(), writer.training(), writer.heldOut());
      return report;
    }
  }

  /** What a killed run wrote after the last state. */
  private static void deleteIncompleteShards(Path partial, CorpusState state) throws IOException {
    Set<String> complete = new HashSet<>();
    state.training().shards().forEach(shard -> complete.add(shard.file()));
    state.heldOut().shards().forEach(shard -> complete.add(shard.file()));
    List<Path> incomplete;
    try (Stream<Path> files = Files.list(partial)) {
      incomplete =
          files
              .filter(file -> file.getFileName().toString().endsWith(SHARD_SUFFIX))
              .filter(file -> !complete.contains(file.getFileName().toString()))
              .toList();
    }
    for (Path file : incomplete) {
      Files.delete(file);
    }
  }

  /** What is needed to go on is deleted last: a crash before that can be gone on from. */
  private static void complete(Path partial, Path folder) throws IOException {
    Folders.replace(partial, folder);
    Files.deleteIfExists(folder.resolve(CorpusState.FILE));
    Files.deleteIfExists(folder.resolve(CorpusWriter.HASHES));
  }
}
