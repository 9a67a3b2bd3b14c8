package org.solrelectra.config;

import java.nio.file.Path;
import java.util.List;

/**
 * Where tests take their models from. Each word of their vocabularies has a number for each label,
 * and a logit is the sum over the words of a text: {@code FixtureModels} in the tests of {@code
 * plugin/solr} makes them and lists the numbers.
 */
final class FixtureModels {
  static final List<String> NAMES = List.of("banking-intents", "passage-ranker", "topics");

  static final Path FOLDER = Path.of("src/test/resources/models").toAbsolutePath();

  private FixtureModels() {}
}
