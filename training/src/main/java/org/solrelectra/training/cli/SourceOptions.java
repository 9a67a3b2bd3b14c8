package org.solrelectra.training.cli;

import java.io.IOException;
import java.util.List;
import org.solrelectra.training.corpus.DocumentSources;
import org.solrelectra.training.corpus.SolrQuerySettings;
import picocli.CommandLine.Option;

/** What to read of inputs that are more than plain text. */
final class SourceOptions {
  /** What an input may be, for the help of the option that names it. */
  static final String INPUTS =
      "Plain text, where a blank line ends a document; JSONL, by its name (.jsonl, .ndjson, .json); both also .gz or"
          + " .xz; a folder with a Lucene index (also lucene:FOLDER); a Solr (http://host:8983/solr/collection; a login is"
          + " user:password in the variable "
          + SourceOptions.CREDENTIALS
          + " or, for all to see, in the URL).";

  private static final String CREDENTIALS = "ELECTRA_SOLR_CREDENTIALS";

  @Option(
      names = "--field",
      paramLabel = "NAME",
      description =
          "Field of JSONL, Lucene (stored) or Solr that holds text; several, each with --field, are read one after the"
              + " other as lines of one document. A document without them is passed over and counted. Default: text.")
  private List<String> fields;

  @Option(names = "--query", description = "Of Solr: which documents. Default: *:*.")
  private String query;

  @Option(
      names = "--filter-query",
      paramLabel = "QUERY",
      description = "Of Solr: narrows the result; may be given several times.")
  private List<String> filterQueries;

  @Option(
      names = "--unique-key",
      paramLabel = "NAME",
      description = "Of Solr: the field to sort by. Default: what its schema says.")
  private String uniqueKey;

  @Option(names = "--rows", description = "Of Solr: documents a request. Default: 500.")
  private Integer rows;

  @Option(
      names = "--documents-per-second",
      paramLabel = "RATE",
      description = "Of Solr: at most so many, above 0. Default: 1000.")
  private Double documentsPerSecond;

  DocumentSources open(List<String> inputs) throws IOException {
    return DocumentSources.of(inputs, fields, solr(), System.getenv(CREDENTIALS));
  }

  /** Returns null if nothing was said. */
  private SolrQuerySettings solr() {
    if (query == null
        && filterQueries == null
        && uniqueKey == null
        && rows == null
        && documentsPerSecond == null) {
      return null;
    }
    SolrQuerySettings defaults = SolrQuerySettings.ALL;
    return new SolrQuerySettings(
        query != null ? query : defaults.query(),
        filterQueries != null ? filterQueries : defaults.filterQueries(),
        uniqueKey,
        rows != null ? rows : defaults.rows(),
        documentsPerSecond != null ? documentsPerSecond : defaults.documentsPerSecond());
  }
}
