package org.solrelectra.training.task;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.lucene.model.Manifest;
import org.solrelectra.training.checkpoint.HuggingFaceDirectory.Head;

/** All tasks: the one place that names them. */
public final class Tasks {
  private static final List<ModelTask<?>> ALL =
      List.of( //
          new TextClassification(), //
          new MultiLabelClassification(), //
          new PassageRanking(), //
          new Regression());

  private Tasks() {}

  /** Returns all tasks, in the order in which users read of them. */
  public static List<ModelTask<?>> all() {
    return ALL;
  }

  /**
   * Returns the task of a name that {@code --task} takes, in upper or lower case.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ModelTask<?> named(String name) {
    return ALL.stream()
        .filter(task -> task.name().equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--task must be one of "
                        + ALL.stream().map(ModelTask::name).toList()
                        + "; --task="
                        + Excerpt.of(name)));
  }

  /** Returns the task that a network with this head was trained for; nothing if it was for none. */
  public static Optional<ModelTask<?>> of(Head head) {
    return ALL.stream()
        .filter(task -> task.networkHead().architecture().equals(head.architecture()))
        .<ModelTask<?>>map(task -> task)
        .filter(task -> task.isTaskOf(head))
        .findFirst();
  }

  /**
   * Returns the task of a model directory.
   *
   * @throws IllegalArgumentException if it is one that is not learnt here
   */
  public static ModelTask<?> of(Manifest manifest) {
    for (ModelTask<?> task : ALL) {
      if (task.isTaskOf(manifest)) {
        return task;
      }
    }
    throw new IllegalArgumentException(
        "--model must be for " + kinds() + "; task=" + manifest.task().key());
  }

  private static String kinds() {
    Set<String> kinds =
        ALL.stream()
            .map(task -> task.manifestTask().key())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    String last = List.copyOf(kinds).get(kinds.size() - 1);
    kinds.remove(last);
    return kinds.isEmpty() ? last : String.join(", ", kinds) + " or " + last;
  }
}
