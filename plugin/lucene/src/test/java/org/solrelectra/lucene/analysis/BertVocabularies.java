package org.solrelectra.lucene.analysis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.solrelectra.lucene.SharedFiles;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.tukaani.xz.XZInputStream;

/** BERT's vocabularies, out of the archive beside the checkout. */
public final class BertVocabularies {
  private BertVocabularies() {}

  public static WordPieceEncoder encoder(boolean lowerCase) throws IOException {
    String name = "vocab/bert-base-" + (lowerCase ? "uncased" : "cased") + "/vocab.txt";
    return new WordPieceEncoder(
        Vocabulary.of(lines(name), name), TokenizerConfig.bert(lowerCase, 512));
  }

  private static List<String> lines(String name) throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new XZInputStream(Files.newInputStream(SharedFiles.require("data/vocab.tar.xz"))))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (entry.getName().endsWith(name)) {
          return new String(tar.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
      }
    }
    throw new NoSuchFileException(name + " in vocab.tar.xz");
  }
}
