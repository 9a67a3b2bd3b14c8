package org.solrelectra.training.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.solrelectra.lucene.SharedFiles;
import org.solrelectra.training.SmallCorpus;

/**
 * Hugging Face's own library opens what import and pretrain write, and import opens what PyTorch
 * saves. Skipped where {@code python3}, or what the environment variable SOLRELECTRA_PYTHON names,
 * has no transformers and torch.
 */
class HuggingFaceLibraryIT {
  /** Of golden/README.md: float32 against values that were computed in float64. */
  private static final double TOLERANCE = 1e-4;

  /**
   * Saves a golden model's weights as PyTorch does. Arguments: its folder, the file, zip or not.
   */
  private static final String SAVE =
      """
      import sys, torch
      from safetensors.torch import load_file
      weights = load_file(sys.argv[1] + '/model.safetensors')
      words = weights['electra.embeddings.word_embeddings.weight']
      if 'generator_lm_head.bias' in weights:
          weights['generator_lm_head.weight'] = words
      weights['electra.embeddings.position_ids'] = torch.arange(128).unsqueeze(0)
      torch.save(weights, sys.argv[2], _use_new_zipfile_serialization=sys.argv[3] == 'zip')
      print('{}')
      """;

  /**
   * Opens a folder and, if there are, compares with golden logits. Arguments: it, the golden one.
   */
  private static final String OPEN =
      """
      import json, os, sys, torch, transformers
      from safetensors.torch import load_file
      name = json.load(open(sys.argv[1] + '/config.json'))['architectures'][0]
      model, loading = getattr(transformers, name).from_pretrained(sys.argv[1], output_loading_info=True)
      report = {key: sorted(map(str, value)) for key, value in loading.items() if value}
      difference = 0.0
      if len(sys.argv) > 2:
          batches = json.load(open(os.path.dirname(sys.argv[2]) + '/batches.json'))
          golden = load_file(sys.argv[2] + '/expected.safetensors')
          positions = {'padded': [0, 1, 2, 3, 9, 20, 42], 'full': [0, 1, 63, 64, 126, 127]}
          for key in positions:
              batch = {name: torch.tensor(ids) for name, ids in batches[key].items()}
              with torch.no_grad():
                  logits = model.eval()(**batch).logits
              if 'MaskedLM' in name:
                  logits = logits[:, positions[key]]
              gap = logits - golden[key + '.logits'].reshape(logits.shape).float()
              difference = max(difference, gap.abs().max().item())
      print(json.dumps({'class': name, 'loading': report, 'difference': difference}))
      """;

  private static String python;
  private static boolean found;
  @TempDir private Path folder;

  @BeforeAll
  static void findTheLibrary() throws IOException, InterruptedException {
    String named = System.getenv("SOLRELECTRA_PYTHON");
    python = named == null ? "python3" : named;
    try {
      found = start("import torch, transformers, safetensors").waitFor() == 0;
    } catch (IOException e) {
      found = false;
    }
  }

  /** Each test is skipped by itself, so that Maven counts it. */
  @BeforeEach
  void needTheLibrary() {
    assumeTrue(found, "skipped: " + python + " has no torch, transformers and safetensors");
  }

  private static Process start(String script, Object... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(python, "-c", script));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static JsonNode python(String script, Object... arguments)
      throws IOException, InterruptedException {
    Process process = start(script, arguments);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(true, process.waitFor(5, TimeUnit.MINUTES), "it goes on and on");
    assertEquals(0, process.exitValue(), out);
    return new ObjectMapper().readTree(out);
  }

  private static void assertOpens(String architecture, Object... arguments)
      throws IOException, InterruptedException {
    JsonNode opened = python(OPEN, arguments);
    assertEquals(architecture, opened.get("class").asText());
    assertEquals("{}", opened.get("loading").toString());
    assertEquals(0, opened.get("difference").asDouble(), TOLERANCE);
  }

  @Test
  void whatPyTorchSavesIsImportedWithItsLogits() throws IOException, InterruptedException {
    Path golden = SharedFiles.require("golden/electra-tiny");
    for (String name : List.of("discriminator", "generator", "generator-projected")) {
      String part = name.startsWith("generator") ? "generator" : "discriminator";
      for (String form : List.of("zip", "legacy")) {
        Path saved = Files.createDirectories(folder.resolve(name + "-" + form));
        Files.write(
            saved.resolve("config.json"),
            Files.readAllBytes(golden.resolve(name + "/config.json")));
        python(SAVE, golden.resolve(name), saved.resolve("pytorch_model.bin"), form);
        Path imported = folder.resolve("imported-" + name + "-" + form);
        CommandRun run =
            CommandRun.of(
                "import",
                "--from",
                saved,
                "--vocabulary",
                golden.resolve("vocab.txt"),
                "--output",
                imported);
        assertEquals(0, run.code(), run.err());
        assertOpens(
            part.equals("generator") ? "ElectraForMaskedLM" : "ElectraForPreTraining",
            imported.resolve(part),
            golden.resolve(name));
      }
    }
  }

  @Test
  void aClassifiersBodyOpens() throws IOException, InterruptedException {
    Path golden = SharedFiles.require("golden/electra-tiny");
    Path imported = folder.resolve("imported");
    CommandRun run =
        CommandRun.of(
            "import",
            "--from",
            golden.resolve("classifier-2"),
            "--vocabulary",
            golden.resolve("vocab.txt"),
            "--output",
            imported);
    assertEquals(0, run.code(), run.err());
    assertOpens("ElectraModel", imported.resolve("discriminator"));
  }

  @Test
  void aRunsFoldersAndATensorFlowImportOpen() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    CommandRun pretrained =
        CommandRun.of(
            "pretrain",
            "--corpus",
            SmallCorpus.writeText(folder, 60),
            "--vocabulary",
            SmallCorpus.writeVocabulary(folder),
            "--size",
            "tiny",
            "--steps",
            1,
            "--batch-size",
            2,
            "--sequence-length",
            16,
            "--threads",
            1,
            "--output",
            run);
    assertEquals(0, pretrained.code(), pretrained.err());
    Path checkpoint = Files.createDirectories(folder.resolve("tensorflow"));
    for (String name : List.of("small.index", "small.data-00000-of-00001", "vocab.txt")) {
      try (InputStream in = getClass().getResourceAsStream("/interchange/tensorflow/" + name)) {
        Files.copy(in, checkpoint.resolve(name));
      }
    }
    Path imported = folder.resolve("imported");
    CommandRun done = CommandRun.of("import", "--from", checkpoint, "--output", imported);
    assertEquals(0, done.code(), done.err());
    for (Path parts : List.of(run, imported)) {
      assertOpens("ElectraForPreTraining", parts.resolve("discriminator"));
      assertOpens("ElectraForMaskedLM", parts.resolve("generator"));
    }
  }
}
