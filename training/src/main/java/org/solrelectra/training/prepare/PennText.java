package org.solrelectra.training.prepare;

/** Undoes what a Penn Treebank tokenizer did to text, so that it looks like what people write. */
final class PennText {
  private PennText() {}

  static String join(String tokenized) {
    return tokenized
        .replace("-lrb-", "(")
        .replace("-rrb-", ")")
        .replace("-LRB-", "(")
        .replace("-RRB-", ")")
        .replace("``", "\"")
        .replace("''", "\"")
        .replaceAll("\\s+", " ")
        .replaceAll(" ([,.;:?!%)]|n't|'s|'re|'ve|'ll|'d|'m)(?=\\s|$)", "$1")
        .replaceAll("([($£]) ", "$1")
        .strip();
  }
}
