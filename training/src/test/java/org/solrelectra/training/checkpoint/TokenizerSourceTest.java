package org.solrelectra.training.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.SmallCorpus;

class TokenizerSourceTest {
  @TempDir Path folder;

  private String refusal(List<String> pieces, String tokenizerConfig) throws IOException {
    Files.write(folder.resolve("vocab.txt"), pieces);
    Files.writeString(folder.resolve("tokenizer_config.json"), tokenizerConfig);
    return assertThrows(
            InvalidModelException.class, () -> TokenizerSource.OF_THE_DIRECTORY.vocabulary(folder))
        .getMessage();
  }

  @Test
  void whatTrainingDoesNotWriteIsRefused() throws IOException {
    List<String> pieces = SmallCorpus.vocabulary().pieces();
    assertEquals(
        folder
            + " cannot be trained: its vocabulary must have the special tokens [[PAD], [UNK], [CLS],"
            + " [SEP], [MASK]] and no added tokens; special tokens: [[PAD], [UNK], [CLS], [SEP],"
            + " [MASK]], added tokens=1",
        refusal(
            pieces,
            "{\"added_tokens_decoder\": {\""
                + pieces.size()
                + "\": {\"content\": \"covidpass\"}}}"));
    assertEquals(
        folder
            + " cannot be trained: its vocabulary must have the special tokens [[PAD], [UNK], [CLS],"
            + " [SEP], [MASK]] and no added tokens; special tokens: [[PAD], [UNK], <s>, [SEP],"
            + " [MASK]], added tokens=0",
        refusal(
            pieces.stream().map(piece -> piece.equals("[CLS]") ? "<s>" : piece).toList(),
            "{\"cls_token\": \"<s>\"}"));
  }
}
