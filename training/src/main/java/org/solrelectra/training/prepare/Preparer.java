package org.solrelectra.training.prepare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Turns the files of one source into examples. */
public interface Preparer {
  /** Returns what its input files are, for the help. */
  String inputs();

  /**
   * Writes all examples.
   *
   * @param inputs files or folders, as {@link #inputs} says
   * @throws org.solrelectra.training.dataset.InvalidDatasetException if an input is not what it
   *     should be
   */
  void prepare(List<Path> inputs, ExampleWriter output) throws IOException;
}
