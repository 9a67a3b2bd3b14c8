import java.nio.file.Path;
import org.solrelectra.lucene.analysis.WordPieceEncoder;
import org.solrelectra.lucene.analysis.WordPieceEncoder.SpecialTokens;
import org.solrelectra.lucene.analysis.WordPieces;
import org.solrelectra.lucene.model.TokenizerConfig;
import org.solrelectra.lucene.model.Vocabulary;

/** Arguments: vocab.txt, paragraphs. */
public final class ElectraTokenizer {
  public static void main(String[] arguments) throws Exception {
    WordPieceEncoder encoder =
        new WordPieceEncoder(
            Vocabulary.read(Path.of(arguments[0])), TokenizerConfig.bert(true, 512));
    WordPieces pieces = new WordPieces();
    TokenizerLoop.run(
        paragraphs -> {
          long count = 0;
          for (String paragraph : paragraphs) {
            encoder.encode(paragraph, SpecialTokens.AS_TEXT, pieces);
            count += pieces.size();
          }
          return count;
        },
        Path.of(arguments[1]));
  }
}
