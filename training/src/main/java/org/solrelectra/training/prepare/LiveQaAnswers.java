package org.solrelectra.training.prepare;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.corpus.TextLines;
import org.solrelectra.training.dataset.InvalidDatasetException;
import org.solrelectra.training.dataset.LabeledPair;

/**
 * LiveQA 2017's medical questions with MedQuAD's judged answers: a test set. The judgements 1 to 4
 * become grades 0 to 3.
 */
final class LiveQaAnswers implements Preparer {
  private static final String QUESTION = "TQ";

  @Override
  public String inputs() {
    return "the folder medquad, with its LiveQA judgements";
  }

  /** A judged answer's text without the question and address that stand before it. */
  static String answerText(String cell) {
    int at = cell.indexOf("Answer:");
    return cell.substring(at < 0 ? 0 : at + "Answer:".length()).replaceAll("\\s+", " ").strip();
  }

  @Override
  public void prepare(List<Path> inputs, ExampleWriter output) throws IOException {
    for (Path folder : inputs) {
      Map<String, String> answers = new HashMap<>();
      CsvRows.forEach(
          find(folder, "All-2479-Answers-retrieved-from-MedQuAD.csv"),
          row -> answers.put(row.get("AnswerID"), answerText(row.get("Answer"))),
          "AnswerID",
          "Answer");
      Map<String, String> questions =
          questions(find(folder, "TREC-2017-LiveQA-Medical-Test-Questions-w-summaries.xml"));
      Path judgements =
          find(folder, "All-qrels_LiveQAMed2017-TestQuestions_2479_Judged-Answers.txt");
      try (TextLines lines = TextLines.open(judgements)) {
        for (String line = lines.next(); line != null; line = lines.next()) {
          String[] fields = line.strip().split("\\s+");
          if (!line.isBlank()) {
            if (fields.length != 3 || !fields[1].matches("[1-4].*")) {
              throw new InvalidDatasetException(
                  judgements
                      + " must have a question, a judgement from 1 to 4 and an answer a line; line: "
                      + Excerpt.of(line));
            }
            String question = questions.get(fields[0]);
            String answer = answers.get(fields[2]);
            if (question == null || answer == null) {
              throw new InvalidDatasetException(
                  judgements + " names an unknown question or answer: " + Excerpt.of(line));
            }
            output.write(new LabeledPair(question, answer, fields[1].charAt(0) - '1'));
          }
        }
      }
    }
  }

  private static Path find(Path folder, String name) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(path -> path.endsWith(name))
          .findFirst()
          .orElseThrow(() -> new InvalidDatasetException(folder + " holds no " + name));
    }
  }

  private static Map<String, String> questions(Path file) throws IOException {
    Map<String, String> questions = new HashMap<>();
    XMLInputFactory factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    try (InputStream stream = Files.newInputStream(file)) {
      XMLStreamReader reader = factory.createXMLStreamReader(stream);
      String id = null;
      while (reader.hasNext()) {
        if (reader.next() == XMLStreamConstants.START_ELEMENT) {
          if (reader.getLocalName().equals("NLM-QUESTION")) {
            id = reader.getAttributeValue(null, "qid");
            if (id == null || !id.startsWith(QUESTION)) {
              throw new InvalidDatasetException(
                  file + ": each NLM-QUESTION must have a qid TQ…; qid=" + Excerpt.of((Object) id));
            }
            id = id.substring(QUESTION.length());
          } else if (reader.getLocalName().equals("NLM-Summary")) {
            questions.put(id, reader.getElementText().replaceAll("\\s+", " ").strip());
          }
        }
      }
    } catch (XMLStreamException e) {
      throw new InvalidDatasetException(file + " is not XML: " + e.getMessage(), e);
    }
    return questions;
  }
}
