package org.solrelectra.training.prepare;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.solrelectra.training.dataset.InvalidDatasetException;

/**
 * Medical questions and answers of the NIH (Ben Abacha and Demner-Fushman 2019; CC BY 4.0), without
 * the pairs whose answer was judged for LiveQA: those are a test set.
 */
final class MedQuad implements Preparer {
  private static final String JUDGED = "All-2479-Answers-retrieved-from-MedQuAD.csv";

  /**
   * So much of an answer, letters and digits alone, tells it from others; judged copies are cut at
   * their end, and lack the word "Summary" that some begin with.
   */
  private static final int FINGERPRINT = 80;

  @Override
  public String inputs() {
    return "the folder medquad, with its LiveQA judgements";
  }

  @Override
  public void prepare(List<Path> inputs, ExampleWriter output) throws IOException {
    QuestionAnswerPairs pairs = new QuestionAnswerPairs();
    for (Path folder : inputs) {
      Set<String> judged = judgedAnswers(folder);
      List<Path> files;
      try (Stream<Path> walk = Files.walk(folder)) {
        files =
            walk.filter(file -> file.toString().endsWith(".xml"))
                .filter(file -> !folder.relativize(file).toString().contains("LiveQA"))
                .sorted()
                .toList();
      }
      for (Path file : files) {
        readPairs(file, judged, pairs);
      }
    }
    pairs.write(output);
  }

  private static Set<String> judgedAnswers(Path folder) throws IOException {
    Path file;
    try (Stream<Path> walk = Files.walk(folder)) {
      file =
          walk.filter(path -> path.endsWith(JUDGED))
              .findFirst()
              .orElseThrow(
                  () ->
                      new InvalidDatasetException(
                          folder
                              + " holds no "
                              + JUDGED
                              + ", which names the answers to leave out"));
    }
    Set<String> judged = new HashSet<>();
    CsvRows.forEach(
        file,
        row -> judged.add(fingerprint(LiveQaAnswers.answerText(row.get("Answer")))),
        "AnswerID",
        "Answer");
    return judged;
  }

  static String fingerprint(String answer) {
    String letters =
        answer
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^\\p{L}\\p{N}]", "")
            .replaceFirst("^summary", "");
    return letters.substring(0, Math.min(FINGERPRINT, letters.length()));
  }

  private static void readPairs(Path file, Set<String> judged, QuestionAnswerPairs pairs)
      throws IOException {
    XMLInputFactory factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    try (InputStream stream = Files.newInputStream(file)) {
      XMLStreamReader reader = factory.createXMLStreamReader(stream);
      String question = null;
      while (reader.hasNext()) {
        if (reader.next() == XMLStreamConstants.START_ELEMENT) {
          if (reader.getLocalName().equals("Question")) {
            question = reader.getElementText().replaceAll("\\s+", " ").replace(" ?", "?").strip();
          } else if (reader.getLocalName().equals("Answer") && question != null) {
            String answer = reader.getElementText().replaceAll("\\s+", " ").strip();
            if (!answer.isEmpty() && !judged.contains(fingerprint(answer))) {
              pairs.add(question, answer);
            }
            question = null;
          }
        }
      }
    } catch (XMLStreamException e) {
      throw new InvalidDatasetException(file + " is not XML: " + e.getMessage(), e);
    }
  }
}
