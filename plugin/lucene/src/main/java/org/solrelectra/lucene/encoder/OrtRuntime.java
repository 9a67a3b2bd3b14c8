package org.solrelectra.lucene.encoder;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.io.IOException;
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
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      if (e.getCause() instanceof OrtException ort) {
        throw new IOException("ONNX Runtime could not be started: " + ort.getMessage(), ort);
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
