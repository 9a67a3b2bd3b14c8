package org.solrelectra.solr.search;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.encoder.Deadline;
import org.solrelectra.lucene.encoder.Encoder;
import org.solrelectra.lucene.encoder.EncoderOutput;
import org.solrelectra.lucene.encoder.Lane;
import org.solrelectra.lucene.encoder.TokenBatch;
import org.solrelectra.lucene.model.ModelDirectory;
import org.solrelectra.solr.FixtureModels;

class CrossEncoderQParserPluginTest {
  @TempDir private Path folder;

  @Test
  void allModelsAreClosedAlsoWhenOneCannotBe() throws IOException {
    FixtureModels.write(folder);
    ModelDirectory model = ModelDirectory.open(folder.resolve(FixtureModels.RANKER.name()));
    List<String> closed = new ArrayList<>();
    List<IOException> failures = List.of(new IOException("first"), new IOException("second"));
    CrossEncoderQParserPlugin plugin = new CrossEncoderQParserPlugin();
    for (int i = 0; i < 3; i++) {
      String name = "model" + i;
      IOException failure = i < 2 ? failures.get(i) : null;
      plugin.hold(
          name,
          new Encoder() {
            @Override
            public ModelDirectory model() {
              return model;
            }

            @Override
            public EncoderOutput encode(TokenBatch batch, Deadline deadline, Lane lane) {
              throw new UnsupportedOperationException();
            }

            @Override
            public void close() throws IOException {
              closed.add(name);
              if (failure != null) {
                throw failure;
              }
            }
          });
    }
    IOException thrown = assertThrows(IOException.class, plugin::close);
    assertSame(failures.get(0), thrown);
    assertArrayEquals(new Throwable[] {failures.get(1)}, thrown.getSuppressed());
    assertEquals(List.of("model0", "model1", "model2"), closed);
  }
}
