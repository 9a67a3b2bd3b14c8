package org.solrelectra.training.distributed;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/**
 * The processes that train one network together, as seen by one of them. All make the same calls in
 * the same order. A process that trains alone is a group of one, in which nothing is exchanged.
 *
 * <p>If another process is lost, a call that needs it does not return: {@code onLoss} is called,
 * which is to end this process, for some calls could wait for ever in native code.
 *
 * <p>For one thread. Who has joined closes, after {@link #finish} if all went well.
 */
public final class ProcessGroup implements AutoCloseable {
  /** For the start of all processes: a batch system may start them one after the other. */
  private static final Duration START_PATIENCE = Duration.ofMinutes(5);

  /**
   * Rank 0 may write a large checkpoint meanwhile. Lost processes are found by {@link PeerWatch}.
   */
  private static final Duration EXCHANGE_PATIENCE = Duration.ofMinutes(30);

  /** For the others to read why rank 0 ends. */
  private static final Duration FAILURE_PATIENCE = Duration.ofSeconds(10);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final RankEnvironment environment;
  private final Device device;
  private final SharedStore store;
  private final PeerWatch watch;

  /** Exchanges tensors on the device. */
  private final Backend deviceBackend;

  /** Exchanges tensors on the CPU: nothing waits for the device. */
  private final Backend cpuBackend;

  /** Counts what all processes have passed, so that each time has keys of its own. */
  private int turn;

  /** What one process does, so that others need not. */
  @FunctionalInterface
  public interface FileWork {
    void run() throws IOException;
  }

  private ProcessGroup(
      RankEnvironment environment,
      Device device,
      SharedStore store,
      PeerWatch watch,
      Backend deviceBackend,
      Backend cpuBackend) {
    this.environment = environment;
    this.device = device;
    this.store = store;
    this.watch = watch;
    this.deviceBackend = deviceBackend;
    this.cpuBackend = cpuBackend;
  }

  /** Returns a group of this process alone. */
  public static ProcessGroup alone(Device device) {
    return new ProcessGroup(RankEnvironment.of(Map.of()), device, null, null, null, null);
  }

  /**
   * Meets the other processes; returns when all are there.
   *
   * @param device what this process trains on
   * @param onLoss is called on another thread if a process is lost
   */
  public static ProcessGroup join(
      RankEnvironment environment, Device device, Consumer<LostProcessException> onLoss)
      throws IOException {
    return environment.isAlone()
        ? alone(device)
        : join(environment, device, START_PATIENCE, PeerWatch.Timing.USUAL, onLoss);
  }

  static ProcessGroup join(
      RankEnvironment environment,
      Device device,
      Duration patience,
      PeerWatch.Timing timing,
      Consumer<LostProcessException> onLoss)
      throws IOException {
    SharedStore store = SharedStore.open(environment, patience);
    try {
      meet(environment, store, patience);
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      throw LostProcessException.of(0, environment.worldSize());
    }
    try {
      org.bytedeco.pytorch.gloo.Device network = networkDevice(environment);
      PeerWatch watch =
          new PeerWatch(environment, SharedStore.again(environment, patience), timing, onLoss);
      try {
        Backend cpuBackend = gloo(environment, store.part("gloo"), network);
        Backend deviceBackend =
            device.is_cpu() ? cpuBackend : nccl(environment, store.part("nccl"));
        return new ProcessGroup(environment, device, store, watch, deviceBackend, cpuBackend);
      } catch (RuntimeException e) {
        throw watch.explain(e);
      }
    } catch (LinkageError e) {
      throw new IOException(
          "libtorch's process groups cannot be loaded ("
              + e.getMessage()
              + "); they are there for Linux, on GPUs with the profile gpu",
          e);
    }
  }

  private static void meet(RankEnvironment environment, SharedStore store, Duration patience)
      throws IOException {
    int rank = environment.rank();
    int worldSize = environment.worldSize();
    if (store.add("joined/" + rank, 1) > 1) {
      throw new IllegalArgumentException(
          "each process needs a RANK of its own; another one has this, too; RANK=" + rank);
    }
    if (rank == 0) {
      store.add("world_size", worldSize);
    }
    store.add("joined", 1);
    boolean firstIsThere = store.await("world_size", 1, patience);
    if (firstIsThere && store.add("world_size", 0) != worldSize) {
      throw new IllegalArgumentException(
          "all processes of a run need the same WORLD_SIZE; RANK=0 has "
              + store.add("world_size", 0)
              + ", RANK="
              + rank
              + " has "
              + worldSize);
    }
    if (!firstIsThere || !store.await("joined", worldSize, patience)) {
      throw new IOException(
          store.add("joined", 0)
              + " of WORLD_SIZE="
              + worldSize
              + " processes came within "
              + patience.toSeconds()
              + " s to "
              + environment.master()
              + "; start the others, each with a RANK of its own");
    }
  }

  /** By default the way to the master; a host's own name often stands for 127.0.0.1. */
  private static org.bytedeco.pytorch.gloo.Device networkDevice(RankEnvironment environment)
      throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      if (environment.networkInterface() != null) {
        return ProcessGroupGloo.createDeviceForInterface(environment.networkInterface());
      }
      // Sends nothing.
      socket.connect(new InetSocketAddress(environment.masterAddress(), environment.masterPort()));
      return ProcessGroupGloo.createDeviceForHostname(socket.getLocalAddress().getHostAddress());
    } catch (RuntimeException e) {
      throw new IOException(
          "no network interface to reach the other processes; GLOO_SOCKET_IFNAME may name one; libtorch says: "
              + e.getMessage(),
          e);
    }
  }

  private static Backend gloo(
      RankEnvironment environment, Store store, org.bytedeco.pytorch.gloo.Device network) {
    ProcessGroupGloo.Options options =
        ProcessGroupGloo.Options.create(new Milliseconds(EXCHANGE_PATIENCE.toMillis()));
    options.devices(new GlooDeviceVector(network));
    return new ProcessGroupGloo(store, environment.rank(), environment.worldSize(), options);
  }

  private static Backend nccl(RankEnvironment environment, Store store) {
    // Else libtorch ends the process with a C++ stack trace before PeerWatch can say who is lost.
    torch.set_env("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0", false);
    ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
    options.timeout(new Milliseconds(EXCHANGE_PATIENCE.toMillis()));
    return new ProcessGroupNCCL(store, environment.rank(), environment.worldSize(), options);
  }

  private boolean exchanges() {
    return watch != null;
  }

  /** Returns what this process trains on. */
  public Device device() {
    return device;
  }

  public int worldSize() {
    return environment.worldSize();
  }

  /** Says whether this is the process that writes files and talks to the user. */
  public boolean isFirst() {
    return environment.rank() == 0;
  }

  /**
   * What one process does of a list of pieces of work, which all share in order.
   *
   * @param from first index
   * @param to index after the last
   */
  public record Share(int from, int to) {}

  /** Returns this process's share of {@code count} pieces of work. */
  public Share share(int count) {
    long rank = environment.rank();
    return new Share((int) (rank * count / worldSize()), (int) ((rank + 1) * count / worldSize()));
  }

  /**
   * Replaces a tensor by its sum over all processes.
   *
   * @param tensor on the group's device
   * @throws UncheckedIOException of a {@link LostProcessException}
   */
  public void sum(Tensor tensor) {
    if (exchanges()) {
      sum(deviceBackend, tensor);
    }
  }

  private void sum(Backend backend, Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      backend.allreduce(new TensorVector(tensor))._wait();
    } catch (RuntimeException e) {
      throw new UncheckedIOException(watch.explain(e));
    }
  }

  /** Returns the sum of what all processes give, to all of them; does not wait for the device. */
  public double total(double value) {
    if (!exchanges()) {
      return value;
    }
    try (PointerScope scope = new PointerScope()) {
      Tensor sum = Tensor.create(new double[] {value}, 1); // [1]
      sum(cpuBackend, sum);
      return sum.item_double();
    }
  }

  /** Returns the value that rank 0 gives; all go on with the same. */
  public double ofFirst(double value) {
    return total(isFirst() ? value : 0);
  }

  /** Says whether it is so in at least one process; all go on with the same. */
  public boolean any(boolean here) {
    return total(here ? 1 : 0) > 0;
  }

  /**
   * Does work on rank 0 while the others wait, be it for hours.
   *
   * @throws IOException in all processes, if the work fails
   */
  public void onFirst(FileWork work) throws IOException {
    String key = "turn/" + turn++;
    if (!exchanges()) {
      work.run();
      return;
    }
    if (!isFirst()) {
      awaitFirst(key);
      return;
    }
    try {
      work.run();
    } catch (IOException | RuntimeException e) {
      tellFailure(key, e);
      throw e;
    }
    try {
      store.set(key, "");
    } catch (RuntimeException e) {
      throw watch.explain(e);
    }
  }

  private void awaitFirst(String key) throws IOException {
    String failure;
    try {
      failure = store.await(key);
      if (!failure.isEmpty()) {
        store.add(key + "/read", 1);
      }
    } catch (RuntimeException e) {
      throw watch.explain(e);
    }
    if (!failure.isEmpty()) {
      throw new IOException("the process with RANK=0 failed: " + failure);
    }
  }

  /** Lets the others know before this process ends, and the store with it. */
  private void tellFailure(String key, Exception failure) throws IOException {
    try {
      store.set(key, failure.getMessage() == null ? failure.toString() : failure.getMessage());
      store.await(key + "/read", worldSize() - 1L, FAILURE_PATIENCE);
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Checks that all processes give the same values.
   *
   * @param values by the names that an error gives them
   * @throws IllegalArgumentException in all processes, if one differs
   */
  public void requireSame(Map<String, String> values) throws IOException {
    if (!exchanges()) {
      return;
    }
    String key = "same/" + turn++ + "/";
    String difference;
    try {
      store.set(key + environment.rank(), JSON.writeValueAsString(values));
      if (isFirst()) {
        difference = difference(key, new TreeMap<>(values));
        store.set(key + "difference", difference);
      } else {
        difference = store.await(key + "difference");
      }
      store.add(key + "read", 1);
      if (isFirst()) {
        // Else the store, which rank 0 may hold, could end before all others know.
        store.await(key + "read", worldSize(), EXCHANGE_PATIENCE);
      }
    } catch (RuntimeException e) {
      throw watch.explain(e);
    }
    if (!difference.isEmpty()) {
      throw new IllegalArgumentException(difference);
    }
  }

  private String difference(String key, Map<String, String> values) throws IOException {
    for (int rank = 1; rank < worldSize(); rank++) {
      Map<String, String> others =
          JSON.readValue(store.await(key + rank), new TypeReference<Map<String, String>>() {});
      for (Map.Entry<String, String> entry : values.entrySet()) {
        String other = others.get(entry.getKey());
        if (!entry.getValue().equals(other)) {
          return "all processes of a run need the same "
              + entry.getKey()
              + "; RANK=0 has "
              + entry.getValue()
              + ", RANK="
              + rank
              + " has "
              + other;
        }
      }
    }
    return "";
  }

  /** Ends the work together: this process needs the others no longer. */
  public void finish() throws IOException {
    if (!exchanges()) {
      return;
    }
    // Nobody leaves while another still works, such as rank 0 on the last checkpoint.
    any(false);
    watch.finish();
    if (device.is_cuda()) {
      deviceBackend.shutdown();
    }
    try {
      store.add("left", 1);
      if (isFirst()) {
        // Who may hold the store goes last.
        store.await("left", worldSize(), START_PATIENCE);
      }
    } catch (RuntimeException e) {
      throw LostProcessException.ofExchange(e);
    }
  }

  /** Leaves the group; without {@link #finish} the other processes take this one for lost. */
  @Override
  public void close() {
    if (exchanges()) {
      watch.close();
    }
  }
}
