package org.solrelectra.training.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.solrelectra.lucene.model.Excerpt;
import org.solrelectra.training.dataset.InvalidDatasetException;

/** Rows of a CSV file with a header line, by column name. */
final class CsvRows {
  private static final char BYTE_ORDER_MARK = '\ufeff';

  private CsvRows() {}

  @FunctionalInterface
  interface RowConsumer {
    void accept(Map<String, String> row) throws IOException;
  }

  /**
   * @throws InvalidDatasetException if the file lacks one of the columns, or is not CSV in UTF-8
   */
  static void forEach(Path file, RowConsumer consumer, String... columns) throws IOException {
    if (Files.isDirectory(file)) {
      throw new InvalidDatasetException(file + " is a folder; expected a file");
    }
    ObjectReader reader =
        new CsvMapper().readerForMapOf(String.class).with(CsvSchema.emptySchema().withHeader());
    try (Reader text = text(file);
        MappingIterator<Map<String, String>> rows = reader.readValues(text)) {
      while (rows.hasNext()) {
        Map<String, String> row = rows.next();
        for (String column : columns) {
          if (row.get(column) == null) {
            throw new InvalidDatasetException(
                file + " has no column '" + column + "'; columns: " + Excerpt.of(row.keySet()));
          }
        }
        consumer.accept(row);
      }
    } catch (JsonProcessingException | CharacterCodingException e) {
      throw notCsv(file, e);
    } catch (RuntimeException e) {
      // What the iterator wraps a checked exception in.
      if (e instanceof RuntimeJsonMappingException || e.getCause() instanceof IOException) {
        throw notCsv(file, e);
      }
      throw e;
    }
  }

  /** Opens a file behind the byte order mark that Windows' programs write. */
  private static Reader text(Path file) throws IOException {
    Reader text = Files.newBufferedReader(file, StandardCharsets.UTF_8);
    try {
      text.mark(1);
      if (text.read() != BYTE_ORDER_MARK) {
        text.reset();
      }
      return text;
    } catch (IOException e) {
      text.close();
      throw e;
    }
  }

  private static InvalidDatasetException notCsv(Path file, Exception e) {
    Throwable cause = e.getCause() instanceof IOException ? e.getCause() : e;
    String message =
        cause instanceof CharacterCodingException
            ? "it holds bytes that are not UTF-8"
            : cause instanceof JsonProcessingException json
                ? json.getOriginalMessage()
                : cause.getMessage();
    return new InvalidDatasetException(file + " is not CSV: " + Excerpt.of(message), e);
  }
}
