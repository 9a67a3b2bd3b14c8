package org.solrelectra.training.corpus;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.solrelectra.training.corpus.DocumentSource.DocumentConsumer;

/**
 * Gathers lines into documents, without the blank ones. A document of more than a million
 * characters comes in parts, each as one document, so that a file without blank lines does not have
 * to fit into memory.
 */
final class DocumentAssembler {
  private static final int LONGEST_DOCUMENT = 1_000_000;

  private final DocumentConsumer consumer;
  private List<String> document = new ArrayList<>();
  private int characters;
  private long documents;

  DocumentAssembler(DocumentConsumer consumer) {
    this.consumer = consumer;
  }

  /** Adds one line, or passes it over if it is blank. */
  void addLine(String line) throws IOException {
    if (Blank.isBlank(line)) {
      return;
    }
    document.add(line);
    characters += line.length();
    if (characters > LONGEST_DOCUMENT) {
      end();
    }
  }

  /** Adds the lines of texts as one document, or tells the consumer that they hold none. */
  void addDocument(List<String> texts) throws IOException {
    long before = documents;
    for (String text : texts) {
      int from = 0;
      for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        addLine(text.substring(from, end));
        from = end + 1;
      }
      addLine(text.substring(from));
    }
    end();
    if (documents == before) {
      consumer.passOver();
    }
  }

  /** Ends the document, if there is one. */
  void end() throws IOException {
    if (document.isEmpty()) {
      return;
    }
    List<String> complete = document;
    document = new ArrayList<>();
    characters = 0;
    documents++;
    consumer.accept(complete);
  }

  /** Returns how many documents were given to the consumer. */
  long documents() {
    return documents;
  }
}
