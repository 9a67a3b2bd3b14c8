package org.solrelectra.training.corpus;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;
import org.solrelectra.training.storage.FileHash;

/** Tells whether token ids were made by the same tokenizer: vocabulary and normalisation. */
public final class TokenizerHash {
  private TokenizerHash() {}

  /** Returns a SHA-256 in hexadecimal over the pieces and the settings that change ids. */
  public static String of(Vocabulary vocabulary, TokenizerConfig config) {
    MessageDigest digest = FileHash.digest();
    String settings =
        "lower "
            + config.doLowerCase()
            + " strip "
            + config.stripAccents()
            + " ideographs "
            + config.tokenizeChineseChars()
            + "\n";
    digest.update(settings.getBytes(StandardCharsets.UTF_8));
    for (String piece : vocabulary.pieces()) {
      digest.update(piece.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) '\n');
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
