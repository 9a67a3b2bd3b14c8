package org.solrelectra.solr.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.SolrException.ErrorCode;
import org.apache.solr.common.util.EnvUtils;
import org.apache.solr.core.CoreContainer;
import org.solrelectra.lucene.model.Excerpt;

/**
 * The folder of a node's model directories.
 *
 * @param path where it is; that it is there is looked at when a model is opened
 */
record ModelRoot(Path path) {
  private static final String DEFAULT = "models";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,200}");

  /** Returns the one that the node's property names, or models in its home. */
  static ModelRoot of(CoreContainer node) {
    Path home = Path.of(node.getSolrHome());
    String property = EnvUtils.getProperty(EncoderRegistry.MODELS_PROPERTY);
    Path root = home.resolve(property == null ? DEFAULT : property).normalize();
    try {
      node.assertPathAllowed(root);
    } catch (SolrException e) {
      throw EncoderRegistry.refusal(
          EncoderRegistry.MODELS_PROPERTY
              + " must be below Solr's home or a path in allowPaths of solr.xml (property"
              + " solr.allowPaths); "
              + EncoderRegistry.MODELS_PROPERTY
              + "="
              + root,
          e);
    }
    return new ModelRoot(root);
  }

  /**
   * Checks a model's name; looks at no file.
   *
   * @throws SolrException if it is none
   */
  static void checkName(String name) {
    if (!NAME.matcher(name).matches() || name.equals(".") || name.equals("..")) {
      throw new SolrException(
          ErrorCode.SERVER_ERROR,
          "a model's name must be of letters, digits, '.', '_' and '-', 200 at most, and is no"
              + " path; model='"
              + Excerpt.of(name)
              + "'");
    }
  }

  /**
   * Returns a model's directory. Takes as long as the file system does to answer.
   *
   * @throws SolrException with the models there are if there is none of this name
   */
  Path directory(String name) throws IOException {
    Path directory = path.resolve(name);
    if (Files.isDirectory(directory)) {
      return directory;
    }
    String wrong;
    if (Files.exists(directory)) {
      wrong = "model '" + name + "' must be a directory; " + directory + " is a file";
    } else if (Files.exists(path) && !Files.isDirectory(path)) {
      wrong =
          "there is no model '" + name + "': " + path + " must be a folder of models and is a file";
    } else {
      wrong = "there is no model '" + name + "' in " + path + "; models there: " + available();
    }
    throw new SolrException(
        ErrorCode.SERVER_ERROR,
        wrong
            + ". Copy its directory there, or set "
            + EncoderRegistry.MODELS_PROPERTY
            + " to the folder that holds it");
  }

  private List<String> available() throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(path)) {
      return entries
          .filter(entry -> Files.exists(entry.resolve("config.json")))
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .toList();
    }
  }
}
