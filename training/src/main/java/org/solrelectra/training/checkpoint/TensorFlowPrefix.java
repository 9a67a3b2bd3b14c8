package org.solrelectra.training.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.InvalidModelException;

/** The path of a TensorFlow checkpoint without the endings of its files. */
final class TensorFlowPrefix {
  private TensorFlowPrefix() {}

  /**
   * Returns a checkpoint's.
   *
   * @param from the prefix, the index, or a folder with one checkpoint or with TensorFlow's note of
   *     the newest
   * @throws InvalidModelException if there is none, or more than one and no note
   */
  static Path of(Path from) throws IOException {
    if (!Files.isDirectory(from)) {
      String name = from.getFileName().toString();
      Path prefix =
          name.endsWith(TensorFlowCheckpoint.INDEX)
              ? from.resolveSibling(
                  name.substring(0, name.length() - TensorFlowCheckpoint.INDEX.length()))
              : from;
      if (!Files.exists(index(prefix))) {
        throw new InvalidModelException(
            from
                + " is neither a folder nor a TensorFlow checkpoint; expected the file "
                + index(prefix));
      }
      return prefix;
    }
    Path newest = from.resolve("checkpoint");
    if (Files.exists(newest)) {
      return newest(newest);
    }
    List<Path> indexes;
    try (Stream<Path> files = Files.list(from)) {
      indexes =
          files
              .filter(file -> file.toString().endsWith(TensorFlowCheckpoint.INDEX))
              .sorted()
              .toList();
    }
    if (indexes.size() != 1) {
      throw new InvalidModelException(
          from
              + " holds no model; expected config.json, the folders discriminator or generator, or one TensorFlow checkpoint (*.index);"
              + " checkpoints: "
              + indexes.stream().map(file -> file.getFileName().toString()).toList());
    }
    return of(indexes.get(0));
  }

  /** Reads what TensorFlow notes; the folder may have been moved since, its files with it. */
  private static Path newest(Path note) throws IOException {
    String key = "model_checkpoint_path:";
    for (String line : Files.readAllLines(note)) {
      if (line.startsWith(key)) {
        // Windows' paths have backslashes, which TensorFlow writes twice within quotes.
        String path = line.substring(key.length()).strip().replace("\"", "").replace('\\', '/');
        Path prefix = note.resolveSibling(path.substring(path.lastIndexOf('/') + 1));
        if (Files.exists(index(prefix))) {
          return prefix;
        }
        throw new InvalidModelException(
            note + " names " + Excerpt.of(prefix) + ", which is not there");
      }
    }
    throw new InvalidModelException(note + " names no checkpoint; expected a line " + key);
  }

  private static Path index(Path prefix) {
    return prefix.resolveSibling(prefix.getFileName() + TensorFlowCheckpoint.INDEX);
  }
}
