package org.solrelectra.training.prepare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.corpus.TextLines;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledPair;

/**
 * WikiQA (Yang et al. 2015), for testing: either a folder of line-by-line files, or tab-separated
 * text.
 */
final class WikiQa implements Preparer {
  @Override
  public String inputs() {
    return "a folder with a.toks, b.toks and sim.txt, or WikiQA-test.txt (question, sentence, 0 or 1)";
  }

  @Override
  public void prepare(List<Path> inputs, ExampleWriter output) throws IOException {
    for (Path input : inputs) {
      if (Files.isDirectory(input)) {
        readFolder(input, output);
      } else {
        readFile(input, output);
      }
    }
  }

  private static void readFolder(Path folder, ExampleWriter output) throws IOException {
    try (TextLines questions = TextLines.open(folder.resolve("a.toks"));
        TextLines sentences = TextLines.open(folder.resolve("b.toks"));
        TextLines grades = TextLines.open(folder.resolve("sim.txt"))) {
      for (String question = questions.next(); question != null; question = questions.next()) {
        String sentence = sentences.next();
        String grade = grades.next();
        if (sentence == null || grade == null) {
          throw new InvalidDatasetException(
              folder + ": its files must have as many lines as each other");
        }
        output.write(pair(question, sentence, grade, folder));
      }
      if (sentences.next() != null || grades.next() != null) {
        throw new InvalidDatasetException(
            folder + ": its files must have as many lines as each other");
      }
    }
  }

  private static void readFile(Path file, ExampleWriter output) throws IOException {
    try (TextLines lines = TextLines.open(file)) {
      for (String line = lines.next(); line != null; line = lines.next()) {
        String[] fields = line.split("\t", -1);
        if (fields.length != 3) {
          throw new InvalidDatasetException(
              file + " must have three columns; line: " + Excerpt.of(line));
        }
        output.write(pair(fields[0], fields[1], fields[2], file));
      }
    }
  }

  private static LabeledPair pair(String question, String sentence, String grade, Path source)
      throws InvalidDatasetException {
    if (!grade.strip().matches("[01]")) {
      throw new InvalidDatasetException(
          source + ": a grade must be 0 or 1; grade='" + Excerpt.of(grade) + "'");
    }
    return new LabeledPair(
        PennText.join(question), PennText.join(sentence), Integer.parseInt(grade.strip()));
  }
}
