package org.solrelectra.training.prepare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.corpus.TextLines;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledText;

/**
 * Tables of GLUE (Wang et al. 2019): sentences of SST-2, question and sentence pairs of QNLI. For
 * measuring alone; their licences do not allow weights to be shipped.
 */
final class Glue implements Preparer {
  private final String inputs;
  private final List<String> textColumns;
  private final String pairColumn;

  private Glue(String inputs, List<String> textColumns, String pairColumn) {
    this.inputs = inputs;
    this.textColumns = textColumns;
    this.pairColumn = pairColumn;
  }

  /** Returns what reads SST-2, whose development file calls its column content. */
  static Glue sst2() {
    return new Glue("train.tsv or dev.tsv of SST-2", List.of("sentence", "content"), null);
  }

  static Glue qnli() {
    return new Glue("dev.tsv of QNLI", List.of("question"), "sentence");
  }

  @Override
  public String inputs() {
    return inputs;
  }

  @Override
  public void prepare(List<Path> files, ExampleWriter output) throws IOException {
    for (Path file : files) {
      try (TextLines lines = TextLines.open(file)) {
        String header = lines.next();
        List<String> columns = header == null ? List.of() : Arrays.asList(header.split("\t", -1));
        int label = columns.indexOf("label");
        int text = textColumns.stream().mapToInt(columns::indexOf).max().orElse(-1);
        int pair = pairColumn == null ? -1 : columns.indexOf(pairColumn);
        if (label < 0 || text < 0 || (pairColumn != null && pair < 0)) {
          throw new InvalidDatasetException(
              file + " is not what is expected, " + inputs + "; columns: " + Excerpt.of(columns));
        }
        int number = 1;
        for (String line = lines.next(); line != null; line = lines.next()) {
          number++;
          String[] values = line.split("\t", -1);
          if (values.length != columns.size()) {
            throw new InvalidDatasetException(
                file
                    + " line "
                    + number
                    + " must have "
                    + columns.size()
                    + " columns; columns="
                    + values.length);
          }
          output.write(
              new LabeledText(
                  values[text].strip(), pair < 0 ? null : values[pair].strip(), values[label]));
        }
      }
    }
  }
}
