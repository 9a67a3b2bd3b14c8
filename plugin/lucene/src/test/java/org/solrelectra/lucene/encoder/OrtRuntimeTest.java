package org.solrelectra.lucene.encoder;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrtRuntimeTest {
  @TempDir private Path folder;

  private static String advice(Path folder, String room) {
    return "ONNX Runtime's native library cannot be loaded (java.lang.IllegalStateException: why)."
        + " It needs: on Linux glibc (Alpine's musl is not enough); a temporary folder that"
        + " libraries can be loaded from, java.io.tmpdir="
        + folder
        + "; with Solr's security manager the line 'permission java.lang.RuntimePermission"
        + " \"loadLibrary.*\";' in server/etc/security.policy; 29 MB of room in the temporary"
        + " folder, where "
        + room
        + ". Java does not try to load it again: restart the process when that is mended";
  }

  @Test
  void aLibraryThatCannotBeLoadedIsExplained() {
    LinkageError error = new ExceptionInInitializerError(new IllegalStateException("why"));
    long megabytes = folder.toFile().getUsableSpace() / 1_000_000;
    assertEquals(
        advice(folder, "N MB are left"),
        OrtRuntime.loadingAdvice(error, folder)
            .replaceFirst(
                "where \\d{" + String.valueOf(megabytes).length() + "} MB", "where N MB"));
    Path missing = folder.resolve("missing");
    assertEquals(
        advice(missing, "there is no such folder"), OrtRuntime.loadingAdvice(error, missing));
  }
}
