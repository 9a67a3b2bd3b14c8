package org.solrelectra.training.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.solrelectra.training.GoldenFiles;
import org.solrelectra.training.network.Tensors;

/** Groups whose processes are threads of this JVM, over Gloo. */
@EnabledOnOs(OS.LINUX)
class ProcessGroupIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final PeerWatch.Timing TIMING =
      new PeerWatch.Timing(Duration.ofMillis(200), Duration.ofSeconds(3));

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private int port;

  /** What one process does. */
  @FunctionalInterface
  private interface Part<T> {
    T of(ProcessGroup group) throws IOException;
  }

  @BeforeEach
  void findPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
  }

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  private RankEnvironment environment(int rank, int worldSize) {
    return new RankEnvironment(rank, worldSize, rank, "127.0.0.1", port, false, 0, null);
  }

  private static ProcessGroup join(RankEnvironment environment) throws IOException {
    return ProcessGroup.join(environment, GoldenFiles.DEVICE, PATIENCE, TIMING, lost -> {});
  }

  /** Runs a part on each process of a group that ends well, and returns their results in order. */
  private <T> List<T> onAll(int worldSize, Part<T> part) throws Exception {
    List<RankEnvironment> environments = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      environments.add(environment(rank, worldSize));
    }
    return onAll(environments, part);
  }

  private <T> List<T> onAll(List<RankEnvironment> environments, Part<T> part) throws Exception {
    List<Future<T>> running = new ArrayList<>();
    for (RankEnvironment environment : environments) {
      running.add(
          threads.submit(
              () -> {
                try (ProcessGroup group = join(environment)) {
                  T result = part.of(group);
                  group.finish();
                  return result;
                }
              }));
    }
    List<T> results = new ArrayList<>();
    for (Future<T> one : running) {
      results.add(one.get(120, TimeUnit.SECONDS));
    }
    return results;
  }

  private static <T extends Throwable> T thrown(Class<T> type, Future<?> running) {
    ExecutionException e =
        assertThrows(ExecutionException.class, () -> running.get(120, TimeUnit.SECONDS));
    return assertThrows(
        type,
        () -> {
          throw e.getCause();
        });
  }

  @Test
  void aTensorBecomesTheSumOverAllProcesses() throws Exception {
    List<float[]> sums =
        onAll(
            3,
            group -> {
              float rank = group.share(3).from();
              Tensor tensor = Tensors.ofFloats(new float[] {1, rank}, group.device(), 2);
              group.sum(tensor);
              return Tensors.floats(tensor);
            });
    for (float[] sum : sums) {
      assertArrayEquals(new float[] {3, 3}, sum);
    }
  }

  /** One GPU is enough to see that NCCL is there and answers; it refuses two processes on one. */
  @Test
  void aTensorOnAGpuIsSummedByNccl() throws Exception {
    assumeTrue(torch.cuda_is_available(), "needs a GPU and the profile gpu");
    RankEnvironment first = environment(0, 1);
    try (ProcessGroup group =
        ProcessGroup.join(first, new Device("cuda:0"), PATIENCE, TIMING, lost -> {})) {
      Tensor tensor = Tensors.ofFloats(new float[] {1, 2}, group.device(), 2);
      group.sum(tensor);
      assertArrayEquals(new float[] {1, 2}, Tensors.floats(tensor));
      assertEquals(7, group.total(7));
      group.finish();
    }
  }

  @Test
  void whatRankZeroSaysHoldsForAll() throws Exception {
    double seconds = 86400.123456789;
    assertEquals(
        List.of(seconds, seconds, seconds),
        onAll(3, group -> group.ofFirst(group.isFirst() ? seconds : -5)));
  }

  @Test
  void oneProcessIsEnoughToStopAll() throws Exception {
    assertEquals(
        List.of(true, true, true), onAll(3, group -> group.any(group.share(3).from() == 1)));
    findPort();
    assertEquals(List.of(false, false), onAll(2, group -> group.any(false)));
  }

  @Test
  void rankZeroWorksBeforeTheOthersGoOn() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    List<Boolean> seen =
        onAll(
            2,
            group -> {
              group.onFirst(
                  () -> {
                    // So long that the other would be ahead.
                    pause(500);
                    done.set(true);
                  });
              return done.get();
            });
    assertEquals(List.of(true, true), seen);
  }

  @Test
  void allAreToldThatRankZeroFailed() throws Exception {
    List<String> messages =
        onAll(
            2,
            group ->
                assertThrows(
                        IOException.class,
                        () ->
                            group.onFirst(
                                () -> {
                                  throw new IOException("the disk is full");
                                }))
                    .getMessage());
    assertEquals(
        List.of("the disk is full", "the process with RANK=0 failed: the disk is full"), messages);
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void sharesHoldEachPieceOnceAndInOrder() throws Exception {
    List<ProcessGroup.Share> shares = onAll(3, group -> group.share(8));
    assertEquals(
        List.of(
            new ProcessGroup.Share(0, 2),
            new ProcessGroup.Share(2, 5),
            new ProcessGroup.Share(5, 8)),
        shares);
    assertEquals(new ProcessGroup.Share(0, 8), ProcessGroup.alone(GoldenFiles.DEVICE).share(8));
  }

  @Test
  void allAreToldWhatDiffers() throws Exception {
    List<String> messages =
        onAll(
            3,
            group -> {
              group.requireSame(Map.of("dropout", "0.1", "batchSize", "8"));
              String here = group.share(3).from() == 2 ? "16" : "8";
              return assertThrows(
                      IllegalArgumentException.class,
                      () -> group.requireSame(Map.of("dropout", "0.1", "batchSize", here)))
                  .getMessage();
            });
    String expected = "all processes of a run need the same batchSize; RANK=0 has 8, RANK=2 has 16";
    assertEquals(List.of(expected, expected, expected), messages);
  }

  @Test
  void allLearnWhoIsLost() throws Exception {
    List<CompletableFuture<LostProcessException>> losses =
        List.of(new CompletableFuture<>(), new CompletableFuture<>(), new CompletableFuture<>());
    List<Future<ProcessGroup>> joined = new ArrayList<>();
    for (int rank = 0; rank < 3; rank++) {
      RankEnvironment environment = environment(rank, 3);
      CompletableFuture<LostProcessException> loss = losses.get(rank);
      joined.add(
          threads.submit(
              () ->
                  ProcessGroup.join(
                      environment, GoldenFiles.DEVICE, PATIENCE, TIMING, loss::complete)));
    }
    for (Future<ProcessGroup> one : joined) {
      one.get(60, TimeUnit.SECONDS);
    }
    joined.get(1).get().close();
    String expected =
        "the process with RANK=1 ended or is out of reach; start all processes again, with --resume to go on"
            + " from the last checkpoint, on any number of processes up to --micro-batches; WORLD_SIZE=3";
    assertEquals(expected, losses.get(0).get(60, TimeUnit.SECONDS).getMessage());
    assertEquals(expected, losses.get(2).get(60, TimeUnit.SECONDS).getMessage());
    assertFalse(losses.get(1).isDone(), "who leaves is not told of itself");
  }

  @Test
  void lossesThatHaveNoRankSayWhatIsKnown() {
    String remedy =
        "; start all processes again, with --resume to go on from the last checkpoint, on any number of"
            + " processes up to --micro-batches; ";
    assertEquals(
        "the launcher's store ended or is out of reach"
            + remedy
            + "MASTER_ADDR=127.0.0.1, MASTER_PORT="
            + port,
        LostProcessException.ofLauncher(environment(0, 2)).getMessage());
    assertEquals(
        "the processes of the run cannot exchange tensors"
            + remedy
            + "libtorch says: Connection closed by peer",
        LostProcessException.ofExchange(new RuntimeException("Connection closed by peer"))
            .getMessage());
  }

  /** The launcher's store outlives an attempt: the next one finds nothing of it. */
  @Test
  void eachAttemptOfALauncherStartsAnew() throws Exception {
    SharedStore launcher = SharedStore.open(environment(0, 2), PATIENCE);
    for (int attempt = 1; attempt <= 2; attempt++) {
      int times = attempt;
      List<RankEnvironment> environments =
          List.of(
              new RankEnvironment(0, 2, 0, "127.0.0.1", port, true, times, null),
              new RankEnvironment(1, 2, 1, "127.0.0.1", port, true, times, null));
      assertEquals(List.of(true, true), onAll(environments, group -> group.any(true)));
    }
    assertEquals(1, launcher.add("its own", 1));
  }

  @Test
  void processesThatDoNotComeAreMissed() {
    assertEquals(
        "1 of WORLD_SIZE=2 processes came within 1 s to MASTER_ADDR=127.0.0.1, MASTER_PORT="
            + port
            + "; start the others, each with a RANK of its own",
        refusal(IOException.class, environment(0, 2)));
  }

  @Test
  void rankZeroIsMissed() {
    String message = refusal(IOException.class, environment(1, 2));
    assertTrue(
        message.startsWith(
            "nobody answered within 1 s at MASTER_ADDR=127.0.0.1, MASTER_PORT="
                + port
                + "; start the process with RANK=0 there; libtorch says: "),
        message);
  }

  private static <T extends Throwable> String refusal(Class<T> type, RankEnvironment environment) {
    return assertThrows(
            type,
            () ->
                ProcessGroup.join(
                    environment, GoldenFiles.DEVICE, Duration.ofSeconds(1), TIMING, lost -> {}))
        .getMessage();
  }

  @Test
  void aPortInUseIsRefused() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"))) {
      port = taken.getLocalPort();
      String message = refusal(IOException.class, environment(0, 2));
      assertTrue(
          message.startsWith(
              "rank 0 cannot listen at MASTER_ADDR=127.0.0.1, MASTER_PORT="
                  + port
                  + "; the address must be this host's and the port free; libtorch says: "),
          message);
    }
  }

  @Test
  void aRankIsTakenOnce() throws Exception {
    SharedStore.open(environment(0, 3), PATIENCE);
    Future<ProcessGroup> first = threads.submit(() -> join(environment(1, 3)));
    Future<ProcessGroup> second = threads.submit(() -> join(environment(1, 3)));
    while (!first.isDone() && !second.isDone()) {
      pause(20);
    }
    assertEquals(
        "each process needs a RANK of its own; another one has this, too; RANK=1",
        thrown(IllegalArgumentException.class, first.isDone() ? first : second).getMessage());
  }

  @Test
  void allCountTheSameProcesses() throws Exception {
    Future<ProcessGroup> first = threads.submit(() -> join(environment(0, 2)));
    assertEquals(
        "all processes of a run need the same WORLD_SIZE; RANK=0 has 2, RANK=1 has 3",
        thrown(IllegalArgumentException.class, threads.submit(() -> join(environment(1, 3))))
            .getMessage());
    first.cancel(true);
  }

  @Test
  void anInterfaceThatIsNotThereIsRefused() {
    List<Future<ProcessGroup>> running = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      RankEnvironment environment =
          new RankEnvironment(rank, 2, rank, "127.0.0.1", port, false, 0, "nowhere7");
      running.add(threads.submit(() -> join(environment)));
    }
    for (Future<ProcessGroup> one : running) {
      String message = thrown(IOException.class, one).getMessage();
      assertTrue(
          message.startsWith(
              "no network interface to reach the other processes; GLOO_SOCKET_IFNAME may name one; libtorch"
                  + " says: "),
          message);
    }
  }
}
