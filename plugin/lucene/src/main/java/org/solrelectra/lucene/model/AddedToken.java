package org.solrelectra.lucene.model;

/**
 * A token that was added to a vocabulary after its pieces had been learnt, such as a product's
 * name: found anywhere in a text, inside of words too, before the text is split. Hugging Face's
 * {@code AddedToken} without {@code single_word}.
 *
 * @param content what is looked for
 * @param id what it becomes
 * @param isNormalized whether it is looked for in the normalised text, and itself normalised; else
 *     in the text as it is
 */
public record AddedToken(String content, int id, boolean isNormalized) {}
