package org.solrelectra.training.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.model.InvalidModelException;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.network.DiscriminatorNetwork;
import org.solrelectra.training.network.ElectraConfig;
import org.solrelectra.training.network.Mode;
import org.solrelectra.training.network.ParameterSet;
import org.solrelectra.training.network.Tensors;
import org.solrelectra.training.optimization.Optimizer;

/** Saving and loading of parameters and moments, and what is kept of them. */
class CheckpointIT {
  private static final ElectraConfig CONFIG =
      new ElectraConfig(40, 16, 32, 2, 2, 64, 16, 2, 1e-12, 0, 0);

  @TempDir private Path folder;

  /** A network, its optimizer, and steps that depend on their number alone. */
  private static final class Training {
    private final ParameterSet parameters;
    private final DiscriminatorNetwork network;
    private final Optimizer optimizer;

    Training(long seed) {
      parameters = new ParameterSet(seed, GoldenFiles.DEVICE);
      network = new DiscriminatorNetwork(parameters, CONFIG);
      optimizer = new Optimizer(parameters, Optimizer.Settings.electra(), name -> 1);
    }

    void steps(int from, int to) {
      for (int step = from; step < to; step++) {
        try (PointerScope scope = new PointerScope()) {
          long[] ids = new long[16];
          for (int i = 0; i < ids.length; i++) {
            ids[i] = (step * 7L + i * 3L) % CONFIG.vocabularySize();
          }
          Tensor input = Tensors.ofLongs(ids, GoldenFiles.DEVICE, 2, 8);
          Tensor types = Tensors.ofLongs(new long[16], GoldenFiles.DEVICE, 2, 8);
          network.forward(input, types, null, Mode.TRAINING).square().mean().backward();
          optimizer.step(1e-3);
          assertTrue(optimizer.norm() > 0);
        }
      }
    }
  }

  @Test
  void aLoadedCheckpointGoesOnAsIfNothingHadHappened() throws IOException {
    Training whole = new Training(1);
    whole.steps(0, 8);
    Training first = new Training(1);
    first.steps(0, 4);
    Path saved = save(first, 4, 2);
    Training second = new Training(2);
    assertEquals(4, Checkpoint.state(saved).get("step").asInt());
    Checkpoint.load(saved, second.parameters, second.optimizer);
    second.steps(4, 8);
    whole
        .parameters
        .all()
        .forEach(
            (name, tensor) ->
                assertArrayEquals(
                    Tensors.floats(tensor), Tensors.floats(second.parameters.get(name)), name));
    whole
        .optimizer
        .secondMoments()
        .forEach(
            (name, tensor) ->
                assertArrayEquals(
                    Tensors.floats(tensor),
                    Tensors.floats(second.optimizer.secondMoments().get(name)),
                    name));
    assertEquals(whole.optimizer.updates(), second.optimizer.updates());
  }

  @Test
  void theNewestAreKept() throws IOException {
    Training training = new Training(1);
    for (int step = 1; step <= 4; step++) {
      save(training, step, 2);
    }
    assertEquals(
        List.of("step-000000004", "step-000000003"), names(Checkpoint.newestFirst(folder)));
  }

  /** Only damaged ones can be newer than what is saved: they take nobody's place. */
  @Test
  void newerOnesDoNotPushOutWhatWasJustSaved() throws IOException {
    Training training = new Training(1);
    save(training, 20, 2);
    save(training, 30, 2);
    save(training, 10, 2);
    assertEquals(List.of("step-000000010"), names(Checkpoint.newestFirst(folder)));
  }

  private static List<String> names(List<Path> paths) {
    return paths.stream().map(path -> path.getFileName().toString()).toList();
  }

  @Test
  void damageIsFoundInEveryFile() throws IOException {
    Path saved = save(new Training(1), 1, 2);
    for (String name :
        List.of(
            "parameters.safetensors", "first-moments.safetensors", "second-moments.safetensors")) {
      Path file = saved.resolve(name);
      byte[] sound = Files.readAllBytes(file);
      byte[] damaged = sound.clone();
      damaged[damaged.length - 1] ^= 1;
      for (byte[] bytes : List.of(damaged, Arrays.copyOf(sound, sound.length - 1), new byte[0])) {
        Files.write(file, bytes);
        InvalidModelException e =
            assertThrows(InvalidModelException.class, () -> Checkpoint.state(saved));
        assertEquals(file + " is missing or damaged: its SHA-256 differs", e.getMessage());
      }
      Files.delete(file);
      assertThrows(InvalidModelException.class, () -> Checkpoint.state(saved));
      Files.write(file, sound);
      assertEquals(1, Checkpoint.state(saved).get("step").asInt());
    }
  }

  @Test
  void aDamagedStateIsNamed() throws IOException {
    Path saved = save(new Training(1), 1, 2);
    Path file = saved.resolve("state.json");
    String sound = Files.readString(file);
    Files.writeString(file, sound.substring(0, sound.length() / 2));
    assertMessage(file + " is damaged", saved);
    Files.writeString(file, sound.replace("\"format_version\" : 1", "\"format_version\" : 2"));
    assertMessage(saved + " has another format version; expected 1; format_version=2", saved);
    Files.delete(file);
    assertMessage(file + " is missing", saved);
  }

  private static void assertMessage(String expected, Path checkpoint) {
    assertEquals(
        expected,
        assertThrows(InvalidModelException.class, () -> Checkpoint.state(checkpoint)).getMessage());
  }

  @Test
  void anotherNetworksCheckpointIsRefused() throws IOException {
    Path saved = save(new Training(1), 1, 2);
    ParameterSet other = new ParameterSet(1, GoldenFiles.DEVICE);
    new DiscriminatorNetwork(other, new ElectraConfig(40, 16, 32, 1, 2, 64, 16, 2, 1e-12, 0, 0));
    Optimizer optimizer = new Optimizer(other, Optimizer.Settings.electra(), name -> 1);
    InvalidModelException e =
        assertThrows(InvalidModelException.class, () -> Checkpoint.load(saved, other, optimizer));
    assertTrue(
        e.getMessage()
            .startsWith(saved.resolve("parameters.safetensors") + " is of another network; "),
        e.getMessage());
  }

  private Path save(Training training, long step, int keep) throws IOException {
    ObjectNode state = new ObjectMapper().createObjectNode();
    return Checkpoint.save(folder, step, training.parameters, training.optimizer, state, keep);
  }
}
