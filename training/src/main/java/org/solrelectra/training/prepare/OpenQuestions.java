package org.solrelectra.training.prepare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.corpus.CorpusReader;
import org.solrelectra.training.corpus.TextLines;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledPair;
import org.solrelectra.training.evaluation.Bm25Index;

/**
 * Open-domain questions with answer strings (Natural Questions, TriviaQA) over Wikipedia by distant
 * supervision: of the paragraphs that BM25 ranks first, those that hold an answer string are
 * positive, others negative (Karpukhin et al. 2020, section 4.1).
 */
final class OpenQuestions implements Preparer {
  private static final int SEARCHED = 20;
  private static final int POSITIVES = 2;
  private static final int NEGATIVES = 5;
  private static final int SHORTEST_PARAGRAPH = 100;
  private static final int LONGEST_PARAGRAPH = 1500;
  private static final String TOPICS = "topics.";

  @Override
  public String inputs() {
    return "topics.*.txt (question, tab, list of answers), and plain text with '= Title =' lines to find answers in";
  }

  @Override
  public void prepare(List<Path> inputs, ExampleWriter output) throws IOException {
    List<Path> topics = inputs.stream().filter(OpenQuestions::isTopics).toList();
    List<Path> corpus = inputs.stream().filter(file -> !isTopics(file)).toList();
    if (topics.isEmpty() || corpus.isEmpty()) {
      throw new IllegalArgumentException(
          "--input must name files of questions (" + TOPICS + "*) and of text; files=" + inputs);
    }
    try (Bm25Index index = new Bm25Index()) {
      new CorpusReader(corpus).forEachDocument(lines -> addParagraphs(lines, index));
      index.finish();
      for (Path file : topics) {
        try (TextLines lines = TextLines.open(file)) {
          for (String line = lines.next(); line != null; line = lines.next()) {
            write(line, file, index, output);
          }
        }
      }
    }
  }

  private static boolean isTopics(Path file) {
    return file.getFileName().toString().startsWith(TOPICS);
  }

  private static void addParagraphs(List<String> lines, Bm25Index index) throws IOException {
    String title = "";
    for (String line : lines) {
      if (line.startsWith("= ") && line.endsWith(" =")) {
        title = line.substring(2, line.length() - 2);
      } else if (line.length() >= SHORTEST_PARAGRAPH && line.length() <= LONGEST_PARAGRAPH) {
        index.add(title + ". " + line);
      }
    }
  }

  private static void write(String line, Path file, Bm25Index index, ExampleWriter output)
      throws IOException {
    int tab = line.indexOf('\t');
    if (tab < 0) {
      throw new InvalidDatasetException(
          file + " must have a question, a tab and a list of answers; line: " + Excerpt.of(line));
    }
    String question = line.substring(0, tab).strip();
    List<String> answers = new ArrayList<>();
    for (String answer : PythonList.parse(line.substring(tab + 1), file)) {
      String words = words(answer);
      if (!words.isBlank()) {
        answers.add(words);
      }
    }
    List<String> positives = new ArrayList<>();
    List<String> negatives = new ArrayList<>();
    for (Bm25Index.Hit hit : index.search(question, SEARCHED)) {
      String words = words(hit.passage());
      (answers.stream().anyMatch(words::contains) ? positives : negatives).add(hit.passage());
    }
    if (!positives.isEmpty()) {
      for (String positive : positives.subList(0, Math.min(POSITIVES, positives.size()))) {
        output.write(new LabeledPair(question, positive, 1));
      }
      for (String negative : negatives.subList(0, Math.min(NEGATIVES, negatives.size()))) {
        output.write(new LabeledPair(question, negative, 0));
      }
    }
  }

  /**
   * Returns the words alone, each between blanks, so that an answer is found as whole words only.
   */
  private static String words(String text) {
    String words = text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
    return words.isEmpty() ? "" : " " + words + " ";
  }
}
