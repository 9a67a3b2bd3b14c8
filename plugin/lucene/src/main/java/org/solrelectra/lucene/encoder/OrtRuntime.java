package org.solrelectra.lucene.encoder;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Gets hold of ONNX Runtime's one environment in this JVM. */
final class OrtRuntime {
  /**
   * ONNX Runtime 1.29 matches the process's command line against regular expressions of libstdc++,
   * which recurse once for each character: about 300 bytes of stack a character. A Java thread's
   * megabyte ends at 3,000 characters, Solr's 256 KiB below 1,000, and the JVM with it. This is
   * enough for 400,000. The same crash in Vespa: https://github.com/vespa-engine/vespa/pull/37786
   */
  private static final long STACK_BYTES = 128L << 20;

  /** The property that names the folder into which ONNX Runtime unpacks its libraries. */
  private static final String FOLDER = "java.io.tmpdir";

  /** What they take there, of 1.29.0 for Linux. */
  private static final int LIBRARY_MEGABYTES = 29;

  private OrtRuntime() {}

  /**
   * Returns the environment, with ONNX Runtime's telemetry off as far as it can be switched off
   * from within: what it notes while it starts, it sends unless ORT_DISABLE_TELEMETRY=1 is in the
   * process's environment.
   */
  static OrtEnvironment environment() throws IOException {
    FutureTask<OrtEnvironment> task =
        new FutureTask<>(
            () -> {
              OrtEnvironment environment = OrtEnvironment.getEnvironment();
              environment.setTelemetry(false);
              return environment;
            });
    Thread thread = new Thread(null, task, "solr-electra-onnxruntime", STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while ONNX Runtime started", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LinkageError error) {
        throw new IOException(loadingAdvice(error, Path.of(System.getProperty(FOLDER))), error);
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      if (e.getCause() instanceof OrtException ort) {
        throw new IOException("ONNX Runtime could not be started: " + ort.getMessage(), ort);
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /**
   * Says what loading the library needs. Why it failed is not always to be known: where there is no
   * room to unpack it, what is thrown is that it stands in no folder of java.library.path; and what
   * is thrown from the second time on, only that it failed before.
   */
  static String loadingAdvice(LinkageError error, Path folder) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return "ONNX Runtime's native library cannot be loaded ("
        + cause
        + "). It needs: on Linux glibc (Alpine's musl is not enough); a temporary folder that"
        + " libraries can be loaded from, java.io.tmpdir="
        + folder
        + "; with Solr's security manager the line 'permission java.lang.RuntimePermission"
        + " \"loadLibrary.*\";' in server/etc/security.policy; "
        + LIBRARY_MEGABYTES
        + " MB of room in the temporary folder, where "
        + room(folder)
        + ". Java does not try to load it again: restart the process when that is mended";
  }

  private static String room(Path folder) {
    if (!Files.isDirectory(folder)) {
      return "there is no such folder";
    }
    return folder.toFile().getUsableSpace() / 1_000_000 + " MB are left";
  }
}
