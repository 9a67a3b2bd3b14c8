package org.solrelectra.solr.search;

import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.lucene.search.CrossEncoder;

/**
 * An open model that requests may ask for.
 *
 * @param name what requests call it
 * @param directory the opened version; another one is another object
 */
record RankingModel(String name, ModelDirectory directory, CrossEncoder crossEncoder) {

  /**
   * @throws IllegalArgumentException if the model is not for ranking
   */
  static RankingModel of(String name, Encoder encoder) {
    return new RankingModel(name, encoder.model(), new CrossEncoder(encoder));
  }

  String version() {
    return directory.manifest().version();
  }

  boolean isSameVersion(RankingModel other) {
    return name.equals(other.name) && directory == other.directory;
  }
}
