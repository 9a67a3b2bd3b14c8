package org.solrelectra.config;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A running Solr that has labelled the sample messages and answers questions about the sample
 * passages.
 */
public final class Demo implements AutoCloseable {
  /** What the plugin reads to find its models. */
  static final String MODELS_PROPERTY = "solr.electra.models";

  private static final long SEED = 1;

  private final SolrServer server;
  private final HelpDesk desk;
  private final SampleDocuments sample;

  private Demo(SolrServer server, HelpDesk desk, SampleDocuments sample) {
    this.server = server;
    this.desk = desk;
    this.sample = sample;
  }

  /**
   * Starts Solr in a home of its own, below {@code target}, and indexes the sample documents.
   *
   * @param module the folder of this module, built
   * @param models the folder with the model directories that the configset names
   * @param port 0 for any free one
   */
  public static Demo start(Path module, Path models, int port) throws IOException {
    SampleDocuments sample = SampleDocuments.read(module.resolve("sample"));
    Path folder = module.resolve("target/demo").resolve(String.valueOf(port));
    Path home = folder.resolve("home");
    DemoHome.create(home, module);
    System.setProperty(MODELS_PROPERTY, models.toString());
    SolrServer server = SolrServer.start(home, folder.resolve("logs"), port);
    try {
      HelpDesk desk = new HelpDesk(server.url());
      desk.create(home);
      desk.index(sample.passages(), sample.messages());
      return new Demo(server, desk, sample);
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** Prints what the labels and the reranking are like, and where to go on. */
  public void report(PrintWriter out) throws IOException {
    out.print(DemoReport.of(desk, sample).text());
    out.println();
    out.println("Ask something yourself:");
    out.println("  " + desk.questionUrl("how do i close my account"));
  }

  /**
   * Measures how soon questions are answered over HTTP, at half and at four fifths of as many as
   * this machine can answer, and prints it in Markdown.
   *
   * @param seconds of each load
   */
  public void measure(PrintWriter out, int seconds) throws IOException, InterruptedException {
    List<String> texts =
        Stream.concat(
                sample.questions().stream().map(SampleDocuments.Question::question),
                sample.messages().stream().map(SampleDocuments.Message::text))
            .toList();
    try (LatencyBenchmark benchmark = new LatencyBenchmark(desk, new MixedQuestions(texts, SEED))) {
      benchmark.run(seconds).text().lines().forEach(out::println);
    }
  }

  /** Returns when Solr has ended. */
  public void join() throws InterruptedException {
    server.join();
  }

  @Override
  public void close() throws IOException {
    desk.close();
    server.close();
  }
}
