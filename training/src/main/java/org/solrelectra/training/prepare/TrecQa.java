package org.solrelectra.training.prepare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.solrelectra.training.corpus.TextLines;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledPair;

/** TREC-QA sentences (Wang et al. 2007), for testing. The text is the first line of each block. */
final class TrecQa implements Preparer {
  private static final Pattern BLOCK = Pattern.compile("<(question|positive|negative)>");

  @Override
  public String inputs() {
    return "DEV.xml or TEST.xml";
  }

  @Override
  public void prepare(List<Path> inputs, ExampleWriter output) throws IOException {
    for (Path input : inputs) {
      // Not well-formed XML: ampersands stand as they are.
      try (TextLines lines = TextLines.open(input)) {
        String question = null;
        for (String line = lines.next(); line != null; line = lines.next()) {
          Matcher block = BLOCK.matcher(line);
          if (block.matches()) {
            String text = lines.next();
            if (text == null || (question == null && !block.group(1).equals("question"))) {
              throw new InvalidDatasetException(
                  input + ": a block <" + block.group(1) + "> stands alone");
            }
            String joined = PennText.join(text.replace('\t', ' '));
            if (block.group(1).equals("question")) {
              question = joined;
            } else {
              output.write(
                  new LabeledPair(question, joined, block.group(1).equals("positive") ? 1 : 0));
            }
          }
        }
      }
    }
  }
}
