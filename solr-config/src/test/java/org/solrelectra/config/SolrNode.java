package org.solrelectra.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A Solr over HTTP, started once for all tests that take it as a parameter. Its home holds the
 * plugin's jars in lib, as unpacked from the zip, and the fixture models in models.
 */
final class SolrNode implements AutoCloseable {
  static final Path PLUGIN = Path.of("target/plugin").toAbsolutePath();

  private static final String CREATE_ERROR = "Unable to create core [%s] Caused by: ";

  private final SolrServer server;
  private final Path home;
  private final AtomicInteger cores = new AtomicInteger();

  private SolrNode(SolrServer server, Path home) {
    this.server = server;
    this.home = home;
  }

  private static SolrNode start() {
    try {
      Path home = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "solr-node");
      Files.writeString(home.resolve("solr.xml"), "<solr/>");
      Files.createSymbolicLink(home.resolve("lib"), PLUGIN);
      Files.createDirectory(home.resolve("models"));
      for (String model : FixtureModels.NAMES) {
        Files.createSymbolicLink(
            home.resolve("models").resolve(model), FixtureModels.FOLDER.resolve(model));
      }
      return new SolrNode(SolrServer.start(home, Path.of("target/test-logs"), 0), home);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives tests the node; JUnit closes it after the last of all. */
  static final class Resolver implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == SolrNode.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context
          .getRoot()
          .getStore(ExtensionContext.Namespace.GLOBAL)
          .getOrComputeIfAbsent(SolrNode.class, key -> start(), SolrNode.class);
    }
  }

  String url() {
    return server.url();
  }

  Path home() {
    return home;
  }

  /** Makes a core; fails with Solr's error if it does not load. */
  Core core(TestConfigset configset) {
    String name = "core" + cores.incrementAndGet();
    Http.Answer answer = create(name, configset);
    if (answer.status() != 200) {
      throw new IllegalStateException(answer.json().toString());
    }
    return new Core(server.url(), name);
  }

  /** Returns why Solr does not load a core. */
  String refusal(TestConfigset configset) {
    String name = "core" + cores.incrementAndGet();
    String error = create(name, configset).error();
    String prefix = String.format(Locale.ROOT, CREATE_ERROR, name);
    int start = error.indexOf(prefix);
    return start < 0 ? error : error.substring(start + prefix.length());
  }

  /**
   * What came of making a core.
   *
   * @param core null if it was refused
   * @param refusal null if it was not
   */
  record Attempt(Core core, String refusal) {}

  /** Makes a core, or leaves nothing of it but why it was refused. */
  Attempt attempt(TestConfigset configset) {
    String name = "core" + cores.incrementAndGet();
    Http.Answer answer = create(name, configset);
    Core core = new Core(server.url(), name);
    if (answer.status() == 200) {
      return new Attempt(core, null);
    }
    core.unload();
    return new Attempt(null, answer.error());
  }

  private Http.Answer create(String name, TestConfigset configset) {
    Path folder = home.resolve(name);
    try {
      configset.write(folder.resolve("conf"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Http.form(
        server.url() + "/admin/cores",
        "action",
        "CREATE",
        "name",
        name,
        "instanceDir",
        folder.toString());
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  /** One core. */
  record Core(String node, String name) {
    String url() {
      return node + "/" + name;
    }

    /** Indexes documents, a JSON list. */
    Http.Answer update(String documents, String... parameters) {
      StringBuilder url = new StringBuilder(url() + "/update?commit=true");
      for (int i = 0; i < parameters.length; i += 2) {
        url.append('&').append(parameters[i]).append('=').append(parameters[i + 1]);
      }
      return Http.json(url.toString(), documents);
    }

    Http.Answer select(String... parameters) {
      return Http.form(url() + "/select", parameters);
    }

    /** Returns one document, or null. */
    JsonNode document(String id) {
      return select("q", "{!term f=id v='" + id + "'}", "fl", "*").documents().get(0);
    }

    /** Closes the core, or forgets that it did not load. */
    void unload() {
      Http.form(node + "/admin/cores", "action", "UNLOAD", "core", name, "deleteIndex", "true");
    }

    void reload() {
      Http.Answer answer = Http.form(node + "/admin/cores", "action", "RELOAD", "core", name);
      if (answer.status() != 200) {
        throw new IllegalStateException(answer.json().toString());
      }
    }
  }
}
