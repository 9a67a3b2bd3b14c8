package org.solrelectra.config.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.logging.LogManager;
import org.apache.solr.common.SolrException;
import org.solrelectra.config.Demo;

/** The demo's command line. Exit codes: 0, 1 for a failure, 2 for wrong usage. */
public final class DemoCli {
  /** The property that bin/demo sets: the folder of this module. */
  public static final String MODULE_PROPERTY = "solrelectra.module";

  private static final int DEFAULT_PORT = 8983;
  private static final int FAILURE = 1;
  private static final int WRONG_USAGE = 2;
  private static final String USAGE =
      """
      usage: demo [--port N] [--exit | --latency SECONDS]
        --port N            listen on this port instead of 8983
        --exit              end after the report instead of serving
        --latency SECONDS   measure how soon questions are answered, at two loads
                            for so long each, and end
      """;

  private final PrintWriter out;
  private final PrintWriter err;

  DemoCli(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  /**
   * What a command line asks for.
   *
   * @param latencySeconds null for the report
   */
  private record Arguments(int port, boolean exit, Integer latencySeconds) {
    Arguments {
      if (latencySeconds != null && (latencySeconds < 1 || latencySeconds > 3_600)) {
        throw new IllegalArgumentException(
            "--latency must be in 1..3600; latency=" + latencySeconds);
      }
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("--port must be in 0..65535; port=" + port);
      }
    }

    static Arguments parse(String... arguments) {
      int port = DEFAULT_PORT;
      boolean exit = false;
      Integer latencySeconds = null;
      for (Iterator<String> rest = Arrays.asList(arguments).iterator(); rest.hasNext(); ) {
        String argument = rest.next();
        switch (argument) {
          case "--exit" -> exit = true;
          case "--port" -> port = number(argument, rest);
          case "--latency" -> latencySeconds = number(argument, rest);
          default -> throw new IllegalArgumentException("unknown argument '" + argument + "'");
        }
      }
      return new Arguments(port, exit, latencySeconds);
    }

    private static int number(String option, Iterator<String> rest) {
      String text = rest.hasNext() ? rest.next() : "";
      try {
        return Integer.parseInt(text);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            option + " must be a number; " + option.substring(2) + "=" + text, e);
      }
    }
  }

  public static void main(String[] args) throws InterruptedException {
    // Libraries of Solr log through java.util.logging, to the console.
    LogManager.getLogManager().reset();
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(new DemoCli(out, err).run(Path.of(System.getProperty(MODULE_PROPERTY)), args));
  }

  int run(Path module, String... args) throws InterruptedException {
    if (Arrays.asList(args).contains("--help")) {
      out.print(USAGE);
      return 0;
    }
    try {
      Arguments arguments = Arguments.parse(args);
      requireFree(arguments.port());
      out.println("Starting Solr, indexing the sample documents ...");
      out.println();
      try (Demo demo = Demo.start(module, module.resolve("models"), arguments.port())) {
        if (arguments.latencySeconds() != null) {
          demo.measure(out, arguments.latencySeconds());
        } else {
          demo.report(out);
          if (!arguments.exit()) {
            out.println();
            out.println("Solr runs until you press Ctrl-C.");
            demo.join();
          }
        }
      }
      return 0;
    } catch (IllegalArgumentException e) {
      err.println("demo: " + e.getMessage() + "; see demo --help");
      return WRONG_USAGE;
    } catch (IOException | SolrException e) {
      err.println("demo: " + e.getMessage());
      return FAILURE;
    }
  }

  /** Asked before anything is written: a demo that runs on this port uses the same folder. */
  private static void requireFree(int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException e) {
      throw new IOException(
          "port "
              + port
              + " is taken; end what listens there or choose another one: demo --port "
              + (port + 1),
          e);
    }
  }
}
