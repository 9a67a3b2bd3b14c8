package org.solrelectra.training.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.lucene.model.SpecialTokenNames;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.TokenizerFiles;
import org.solrelectra.lucene.model.Vocabulary;

/**
 * Where a model's tokenizer comes from when its directory does not say.
 *
 * @param vocabulary a {@code vocab.txt}; null if the directory must have one
 * @param casing whether case and accents are kept; the directory may not say so too unless it is
 *     {@link Casing#OF_THE_DIRECTORY}
 */
public record TokenizerSource(Path vocabulary, Casing casing) {
  /** What becomes of case and accents. */
  public enum Casing {
    /** What the directory says; lower-cased without accents if it says nothing. */
    OF_THE_DIRECTORY,
    /** Case and accents are kept. */
    CASED,
    /** Case is not kept, accents are. */
    ACCENTED
  }

  /** For a directory that says all, or is uncased, as Hugging Face takes it to be. */
  public static final TokenizerSource OF_THE_DIRECTORY =
      new TokenizerSource(null, Casing.OF_THE_DIRECTORY);

  /**
   * Returns the vocabulary for a directory.
   *
   * @throws InvalidModelException if there is none, or there are two
   */
  Vocabulary vocabulary(Path directory) throws IOException {
    TokenizerFiles files = new TokenizerFiles(directory, new ArrayList<>());
    if (vocabulary == null) {
      return requireBerts(files.vocabulary(), directory);
    }
    if (files.hasVocabulary()) {
      throw new InvalidModelException(
          directory + " has a vocabulary of its own; leave out " + vocabulary);
    }
    return Vocabulary.read(vocabulary);
  }

  /** What is written after training has BERT's special tokens and no others. */
  private static Vocabulary requireBerts(Vocabulary vocabulary, Path directory)
      throws InvalidModelException {
    if (!vocabulary.specialTokenNames().equals(SpecialTokenNames.BERT)
        || !vocabulary.addedTokens().isEmpty()) {
      throw new InvalidModelException(
          directory
              + " cannot be trained: its vocabulary must have the special tokens "
              + SpecialTokenNames.BERT.all()
              + " and no added tokens; special tokens: "
              + vocabulary.specialTokenNames().all()
              + ", added tokens="
              + vocabulary.addedTokens().size());
    }
    return vocabulary;
  }

  /**
   * Returns the settings for a directory.
   *
   * @throws InvalidModelException if they are damaged, or given twice
   */
  TokenizerConfig config(Path directory, int maxPositions) throws IOException {
    TokenizerFiles files = new TokenizerFiles(directory, new ArrayList<>());
    if (casing == Casing.OF_THE_DIRECTORY) {
      return files.config(maxPositions);
    }
    if (files.hasCasing()) {
      throw new InvalidModelException(
          directory
              + " says its casing itself; leave out "
              + (casing == Casing.CASED ? "--cased" : "--no-strip-accents"));
    }
    return new TokenizerConfig(casing == Casing.ACCENTED, false, true, maxPositions);
  }
}
