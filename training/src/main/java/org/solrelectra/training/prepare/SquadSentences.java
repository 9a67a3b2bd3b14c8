package org.solrelectra.training.prepare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.solrelectra.training.corpus.TextLines;
import org.solrelectra.training.dataset.InvalidDatasetException;

/** SQuAD questions beside the sentences that answer them (Du et al. 2017; CC BY-SA 4.0). */
final class SquadSentences implements Preparer {
  @Override
  public String inputs() {
    return "src-test.txt (sentences) and tgt-test.txt (questions), line by line";
  }

  @Override
  public void prepare(List<Path> inputs, ExampleWriter output) throws IOException {
    if (inputs.size() != 2) {
      throw new IllegalArgumentException(
          "--input must be two files, sentences and questions; files=" + inputs.size());
    }
    QuestionAnswerPairs pairs = new QuestionAnswerPairs();
    try (TextLines sentences = TextLines.open(inputs.get(0));
        TextLines questions = TextLines.open(inputs.get(1))) {
      String sentence = sentences.next();
      String question = questions.next();
      while (sentence != null && question != null) {
        pairs.add(PennText.join(question), PennText.join(sentence));
        sentence = sentences.next();
        question = questions.next();
      }
      if (sentence != null || question != null) {
        throw new InvalidDatasetException(
            inputs.get(0) + " and " + inputs.get(1) + " must have as many lines as each other");
      }
    }
    pairs.write(output);
  }
}
