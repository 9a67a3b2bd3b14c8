package org.solrelectra.training.distributed;

import java.util.List;
import java.util.Map;

/**
 * Which of a run's processes this is and where they meet, in the environment variables that
 * PyTorch's launchers set.
 *
 * @param rank 0 to {@code worldSize - 1}
 * @param localRank counts the processes of one host, to give each a GPU of its own
 * @param masterAddress the host of rank 0; null for a process alone
 * @param launcherStore whether the launcher listens at the port, as torchrun does, and not rank 0
 * @param attempt how often the launcher has started the processes again
 * @param networkInterface what to exchange tensors through on CPUs; null for the one on the way to
 *     the master
 */
public record RankEnvironment(
    int rank,
    int worldSize,
    int localRank,
    String masterAddress,
    int masterPort,
    boolean launcherStore,
    int attempt,
    String networkInterface) {

  private static final String RANK = "RANK";
  private static final String WORLD_SIZE = "WORLD_SIZE";
  private static final String MASTER_ADDRESS = "MASTER_ADDR";
  private static final String MASTER_PORT = "MASTER_PORT";
  private static final List<String> NEEDED = List.of(RANK, WORLD_SIZE, MASTER_ADDRESS, MASTER_PORT);
  private static final int LARGEST_WORLD = 1 << 16;
  private static final int LARGEST_PORT = (1 << 16) - 1;

  /**
   * Reads environment variables; without any of those that several processes need, this process is
   * alone.
   *
   * @throws IllegalArgumentException if some are missing, or one is wrong
   */
  public static RankEnvironment of(Map<String, String> variables) {
    List<String> missing =
        NEEDED.stream().filter(name -> variables.getOrDefault(name, "").isBlank()).toList();
    if (missing.size() == NEEDED.size()) {
      return new RankEnvironment(0, 1, 0, null, 0, false, 0, null);
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "the environment variables "
              + NEEDED
              + " start one of several processes and are set together; missing: "
              + missing);
    }
    int worldSize = number(variables, WORLD_SIZE, 1, LARGEST_WORLD);
    int rank = number(variables, RANK, 0, worldSize - 1);
    return new RankEnvironment(
        rank,
        worldSize,
        variables.containsKey("LOCAL_RANK")
            ? number(variables, "LOCAL_RANK", 0, worldSize - 1)
            : rank,
        variables.get(MASTER_ADDRESS).strip(),
        number(variables, MASTER_PORT, 1, LARGEST_PORT),
        "true".equalsIgnoreCase(variables.get("TORCHELASTIC_USE_AGENT_STORE")),
        variables.containsKey("TORCHELASTIC_RESTART_COUNT")
            ? number(variables, "TORCHELASTIC_RESTART_COUNT", 0, Integer.MAX_VALUE)
            : 0,
        variables.get("GLOO_SOCKET_IFNAME"));
  }

  private static int number(Map<String, String> variables, String name, int lowest, int highest) {
    String text = variables.get(name);
    long value;
    try {
      value = Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      value = Long.MIN_VALUE;
    }
    if (value < lowest || value > highest) {
      throw new IllegalArgumentException(
          name
              + " must be a whole number in "
              + lowest
              + ".."
              + highest
              + "; "
              + name
              + "="
              + text);
    }
    return (int) value;
  }

  /** Says whether this process trains without others. */
  boolean isAlone() {
    return worldSize == 1;
  }

  /** Says whether this process listens at the port where all meet. */
  boolean opensStore() {
    return rank == 0 && !launcherStore;
  }

  /** Returns where all meet, as errors name it. */
  String master() {
    return "MASTER_ADDR=" + masterAddress + ", MASTER_PORT=" + masterPort;
  }
}
