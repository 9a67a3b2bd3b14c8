import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.solrelectra.config.SolrServer;

/**
 * Sends the same documents to two cores of one Solr in turn: one labels them in parallel, the other one after another.
 * Arguments: module, empty home, JSONL with a text a line, rounds.
 */
public final class Indexing {
  private static final int DOCUMENTS = 1000;
  private static final Pattern TEXT = Pattern.compile("\"text\":\\s*(\"(?:[^\"\\\\]|\\\\.)*\")");

  /** Two cores, from the one that is expected to be slower. */
  private static final List<String> CORES = List.of("one-by-one", "parallel");

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path module = Path.of(arguments[0]);
    Path home = Path.of(arguments[1]);
    String documents = documents(Path.of(arguments[2]));
    int rounds = Integer.parseInt(arguments[3]);
    Files.writeString(home.resolve("solr.xml"), "<solr/>");
    Files.createSymbolicLink(home.resolve("lib"), module.resolve("target/plugin"));
    Files.createSymbolicLink(home.resolve("models"), module.resolve("models"));
    for (String core : CORES) {
      Path conf = Files.createDirectories(home.resolve(core).resolve("conf"));
      try (Stream<Path> files = Files.list(module.resolve("configset/conf"))) {
        for (Path file : files.toList()) {
          Files.copy(file, conf.resolve(file.getFileName()));
        }
      }
    }
    withoutParallelProcessor(home.resolve(CORES.get(0)).resolve("conf/solrconfig.xml"));
    double[][] seconds = new double[CORES.size()][rounds];
    try (SolrServer solr = SolrServer.start(home, home.resolve("logs"), 0)) {
      for (String core : CORES) {
        send(solr.url() + "/admin/cores?action=CREATE&name=" + core, "");
      }
      for (int round = -1; round < rounds; round++) {
        for (int i = 0; i < seconds.length; i++) {
          long start = System.nanoTime();
          send(solr.url() + "/" + CORES.get(i) + "/update?commit=true", documents);
          if (round >= 0) {
            seconds[i][round] = (System.nanoTime() - start) / 1e9;
          }
        }
      }
    }
    System.out.printf("| %d documents a request | s, median (least-most) | documents/s | x |%n", DOCUMENTS);
    System.out.println("|---|---:|---:|---:|");
    Arrays.stream(seconds).forEach(Arrays::sort);
    for (int i = 0; i < seconds.length; i++) {
      double median = seconds[i][rounds / 2];
      System.out.printf(
          Locale.ROOT,
          "| %s | %.2f (%.2f-%.2f) | %.0f | %.2f |%n",
          CORES.get(i),
          median,
          seconds[i][0],
          seconds[i][rounds - 1],
          DOCUMENTS / median,
          seconds[0][rounds / 2] / median);
    }
    System.exit(0);
  }

  private static void withoutParallelProcessor(Path solrconfig) throws IOException {
    String all = Files.readString(solrconfig);
    String without =
        all.replaceFirst("<processor class=\"[^\"]*ParallelTextClassification[^\"]*\"/>", "");
    if (without.equals(all)) {
      throw new IllegalStateException(solrconfig + " has no such processor");
    }
    Files.writeString(solrconfig, without);
  }

  private static String documents(Path texts) throws IOException {
    StringBuilder documents = new StringBuilder("[");
    int count = 0;
    for (String line : Files.readAllLines(texts)) {
      Matcher text = TEXT.matcher(line);
      if (count < DOCUMENTS && text.find()) {
        documents
            .append(count == 0 ? "" : ",")
            .append("{\"id\":\"")
            .append(count++)
            .append("\",\"message\":")
            .append(text.group(1))
            .append('}');
      }
    }
    if (count < DOCUMENTS) {
      throw new IllegalArgumentException(texts + " must have " + DOCUMENTS + " texts; texts=" + count);
    }
    return documents.append(']').toString();
  }

  private static void send(String url, String body) throws IOException, InterruptedException {
    HttpResponse<String> response =
        CLIENT.send(
            HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(response.body());
    }
  }
}
