package org.solrelectra.config;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.EnumSet;
import javax.servlet.DispatcherType;
import org.apache.solr.servlet.CoreContainerProvider;
import org.apache.solr.servlet.SolrDispatchFilter;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.ServletContextHandler;

/**
 * Solr in Jetty, as Solr's own start script runs it, but on the loopback address only. What the
 * node loads, it loads from its home.
 *
 * <p>Threads may share it; who started it closes it.
 */
public final class SolrServer implements AutoCloseable {
  private static final String CONTEXT = "/solr";

  private final Server server;
  private final ServerConnector connector;

  private SolrServer(Server server, ServerConnector connector) {
    this.server = server;
    this.connector = connector;
  }

  /**
   * Starts a node and returns when it answers.
   *
   * @param home a folder with a solr.xml
   * @param logs receives the log file
   * @param port 0 for any free one
   */
  public static SolrServer start(Path home, Path logs, int port) throws IOException {
    // Solr and log4j2.xml read it.
    System.setProperty("solr.log.dir", logs.toString());
    Server server = new Server();
    HttpConfiguration http = new HttpConfiguration();
    ServerConnector connector =
        new ServerConnector(
            server, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
    connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
    connector.setPort(port);
    server.addConnector(connector);
    server.setHandler(solr(home));
    server.setStopAtShutdown(true);
    SolrServer started = new SolrServer(server, connector);
    try {
      server.start();
    } catch (Exception e) { // what Jetty declares
      started.close();
      throw new IOException("Solr cannot be started on port " + port + ": " + e.getMessage(), e);
    }
    return started;
  }

  private static ServletContextHandler solr(Path home) {
    ServletContextHandler context = new ServletContextHandler();
    context.setContextPath(CONTEXT);
    context.setAttribute(
        SolrDispatchFilter.SOLRHOME_ATTRIBUTE, home.toAbsolutePath().normalize().toString());
    context.addEventListener(new CoreContainerProvider());
    context.addFilter(SolrDispatchFilter.class, "/*", EnumSet.of(DispatcherType.REQUEST));
    return context;
  }

  /** Returns the address of Solr's root, such as {@code http://localhost:8983/solr}. */
  public String url() {
    return "http://localhost:" + connector.getLocalPort() + CONTEXT;
  }

  /** Returns when the server has ended. */
  public void join() throws InterruptedException {
    server.join();
  }

  @Override
  public void close() throws IOException {
    try {
      server.stop();
    } catch (Exception e) { // what Jetty declares
      throw new IOException("Solr cannot be stopped: " + e.getMessage(), e);
    }
  }
}
