package org.solrelectra.training.metrics;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.solrelectra.training.storage.Folders;

/**
 * The metrics of a run as TensorBoard reads them, {@code tensorboard --logdir RUN/tensorboard}: one
 * folder a split, which TensorBoard takes for two runs and overlays, for their tags are the same. A
 * record that a kill cut short is left out by TensorBoard.
 */
public final class EventFiles {
  private static final String FOLDER = "tensorboard";
  private static final String PREFIX = "events.out.tfevents.";

  /** TensorBoard has axes for these of its own. */
  private static final Set<String> AXES = Set.of("tokens", "seconds", "flops");

  private EventFiles() {}

  /** Adds a line that was measured just now. */
  public static void append(Path run, MetricsLine line) throws IOException {
    double now = System.currentTimeMillis() / 1e3;
    Path folder = run.resolve(FOLDER).resolve(line.split().label());
    Optional<Path> last = newest(folder);
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    if (last.isEmpty()) {
      Files.createDirectories(folder);
      records.writeBytes(EventRecord.fileVersion(now));
    }
    records.writeBytes(EventRecord.scalars(now, line.step(), scalars(line)));
    Files.write(
        last.orElse(folder.resolve(name(now))),
        records.toByteArray(),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /**
   * Makes the files anew from {@code metrics.jsonl}, so that no step is there twice after steps
   * were lost and made again. Times are as if the run had gone on without a pause until now. A
   * TensorBoard that is watching follows, unless it was started with {@code --load_fast=false}.
   *
   * @throws InvalidMetricsException if a line of {@code metrics.jsonl} is damaged
   */
  public static void rewrite(Path run) throws IOException {
    Path target = run.resolve(FOLDER);
    List<MetricsLine> lines =
        Files.exists(run.resolve(MetricsFile.NAME)) ? MetricsFile.read(run) : List.of();
    if (lines.isEmpty()) {
      Folders.deleteIfExists(target);
      return;
    }
    double now = System.currentTimeMillis() / 1e3;
    double start = now - seconds(lines.get(lines.size() - 1));
    Path fresh = Folders.partial(target);
    Folders.deleteIfExists(fresh);
    for (Split split : Split.values()) {
      ByteArrayOutputStream records = new ByteArrayOutputStream();
      records.writeBytes(EventRecord.fileVersion(start));
      for (MetricsLine line : lines) {
        if (line.split() == split) {
          records.writeBytes(
              EventRecord.scalars(start + seconds(line), line.step(), scalars(line)));
        }
      }
      Path folder = Files.createDirectories(fresh.resolve(split.label()));
      Files.write(folder.resolve(name(now)), records.toByteArray());
    }
    Folders.replace(fresh, target);
  }

  private static double seconds(MetricsLine line) {
    return line.value("seconds").orElse(0);
  }

  private static SortedMap<String, Double> scalars(MetricsLine line) {
    SortedMap<String, Double> scalars = new TreeMap<>(line.values());
    scalars.keySet().removeAll(AXES);
    return scalars;
  }

  private static String name(double seconds) {
    return PREFIX + (long) seconds + ".electra";
  }

  private static Optional<Path> newest(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(PREFIX))
          .max(Path::compareTo);
    }
  }
}
