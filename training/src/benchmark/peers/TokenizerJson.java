import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.solrelectra.lucene.model.Vocabulary;

/** Writes the tokenizer.json that the peers need. Arguments: vocab.txt of an uncased model, file to write. */
public final class TokenizerJson {
  public static void main(String[] arguments) throws IOException {
    write(Vocabulary.read(Path.of(arguments[0])), Path.of(arguments[1]));
  }

  /** As transformers writes it for an uncased BERT. */
  static void write(Vocabulary vocabulary, Path file) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = mapper.createObjectNode();
    json.put("version", "1.0");
    json.putNull("truncation");
    json.putNull("padding");
    ArrayNode added = json.putArray("added_tokens");
    List<String> pieces = vocabulary.pieces();
    for (String special : List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")) {
      added
          .addObject()
          .put("id", vocabulary.id(special))
          .put("content", special)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    json.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", true)
        .putNull("strip_accents")
        .put("lowercase", true);
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    ObjectNode processor = json.putObject("post_processor");
    processor.put("type", "BertProcessing");
    processor.putArray("sep").add("[SEP]").add(vocabulary.sepId());
    processor.putArray("cls").add("[CLS]").add(vocabulary.clsId());
    json.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode wordPiece = json.putObject("model");
    wordPiece.put("type", "WordPiece");
    wordPiece.put("unk_token", "[UNK]");
    wordPiece.put("continuing_subword_prefix", "##");
    wordPiece.put("max_input_chars_per_word", 100);
    ObjectNode ids = wordPiece.putObject("vocab");
    for (int id = 0; id < pieces.size(); id++) {
      ids.put(pieces.get(id), id);
    }
    mapper.writeValue(file.toFile(), json);
  }
}
