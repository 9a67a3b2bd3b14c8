package org.solrelectra.training.cli;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Heeds SIGTERM and SIGINT: while this is open, the first of them asks to stop, so that what was
 * done can be saved; the next ends the JVM at once, as it does without this.
 *
 * <p>By reflection on {@code sun.misc.Signal} of the module jdk.unsupported, for javac warns of
 * each mention of it and cannot be told not to. A shutdown hook would not do: while one waits for
 * the work to end, the JVM does not react to a second signal.
 */
final class StopSignals implements AutoCloseable {
  private static final List<String> NAMES = List.of("TERM", "INT");

  private final PrintWriter err;
  private final Method handle;

  /** The handlers that were there before, by signal. */
  private final Map<Object, Object> former = new LinkedHashMap<>();

  private volatile boolean received;

  /**
   * Starts to heed the signals.
   *
   * @param err is told that a signal came
   */
  static StopSignals heed(PrintWriter err) {
    try {
      StopSignals signals = new StopSignals(err);
      signals.replaceHandlers();
      return signals;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("sun.misc.Signal is not as in Java 17 to 25", e);
    }
  }

  private StopSignals(PrintWriter err) throws ReflectiveOperationException {
    this.err = err;
    Class<?> signalType = Class.forName("sun.misc.Signal");
    this.handle =
        signalType.getMethod("handle", signalType, Class.forName("sun.misc.SignalHandler"));
  }

  private void replaceHandlers() throws ReflectiveOperationException {
    Class<?>[] types = handle.getParameterTypes();
    for (String name : NAMES) {
      Object signal = types[0].getConstructor(String.class).newInstance(name);
      Object handler =
          Proxy.newProxyInstance(
              types[1].getClassLoader(),
              new Class<?>[] {types[1]},
              (proxy, method, arguments) -> {
                receive(name);
                return null;
              });
      try {
        former.put(signal, handle.invoke(null, signal, handler));
      } catch (InvocationTargetException e) {
        // With the option -Xrs the JVM leaves signals alone, and they end it at once.
        if (!(e.getCause() instanceof IllegalArgumentException)) {
          throw e;
        }
      }
    }
  }

  private void receive(String name) throws ReflectiveOperationException {
    restoreHandlers();
    received = true;
    err.println("SIG" + name + ": stopping after this step; a second signal ends at once");
    err.flush();
  }

  private void restoreHandlers() throws ReflectiveOperationException {
    for (Map.Entry<Object, Object> entry : former.entrySet()) {
      handle.invoke(null, entry.getKey(), entry.getValue());
    }
  }

  /** Says whether a signal came. */
  boolean received() {
    return received;
  }

  @Override
  public void close() {
    try {
      restoreHandlers();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("signal handlers could not be restored", e);
    }
  }
}
