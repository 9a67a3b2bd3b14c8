package org.solrelectra.training.prepare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.solrelectra.training.dataset.LabeledText;

/** Customer messages of a bank in 77 intents (Casanueva et al. 2020; CC BY 4.0). */
final class Banking77 implements Preparer {
  @Override
  public String inputs() {
    return "train.csv or test.csv (columns text, category)";
  }

  @Override
  public void prepare(List<Path> inputs, ExampleWriter output) throws IOException {
    for (Path input : inputs) {
      CsvRows.forEach(
          input,
          row -> output.write(new LabeledText(row.get("text").strip(), null, row.get("category"))),
          "text",
          "category");
    }
  }
}
