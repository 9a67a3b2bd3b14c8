package org.solrelectra.config.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DemoCliTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) throws InterruptedException {
    DemoCli demo = new DemoCli(new PrintWriter(out, true), new PrintWriter(err, true));
    return demo.run(Path.of("").toAbsolutePath(), arguments);
  }

  @Test
  void helpNamesTheOptions() throws InterruptedException {
    assertEquals(0, run("--help"));
    assertEquals(
        """
        usage: demo [--port N] [--exit | --latency SECONDS]
          --port N            listen on this port instead of 8983
          --exit              end after the report instead of serving
          --latency SECONDS   measure how soon questions are answered, at two loads
                              for so long each, and end
        """,
        out.toString());
  }

  @Test
  void wrongUsageIsOneLine() throws InterruptedException {
    assertEquals(2, run("--prot", "1"));
    assertEquals(2, run("--port"));
    assertEquals(2, run("--port", "65536"));
    assertEquals(2, run("--latency", "soon"));
    assertEquals(2, run("--latency", "0"));
    assertEquals(
        """
        demo: unknown argument '--prot'; see demo --help
        demo: --port must be a number; port=; see demo --help
        demo: --port must be in 0..65535; port=65536; see demo --help
        demo: --latency must be a number; latency=soon; see demo --help
        demo: --latency must be in 1..3600; latency=0; see demo --help
        """,
        err.toString());
    assertEquals("", out.toString());
  }

  @Test
  void takenPortIsCalledTaken() throws IOException, InterruptedException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = socket.getLocalPort();
      assertEquals(1, run("--port", String.valueOf(port)));
      assertEquals(
          "demo: port "
              + port
              + " is taken; end what listens there or choose another one: demo --port "
              + (port + 1)
              + "\n",
          err.toString());
      assertEquals("", out.toString());
    }
  }
}
