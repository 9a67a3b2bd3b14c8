package org.solrelectra.training.distributed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What PyTorch's launchers set. */
class RankEnvironmentTest {
  private static Map<String, String> secondOfFour() {
    Map<String, String> variables = new HashMap<>();
    variables.put("RANK", "1");
    variables.put("WORLD_SIZE", "4");
    variables.put("MASTER_ADDR", "node-1");
    variables.put("MASTER_PORT", "29500");
    return variables;
  }

  private static String refusal(Map<String, String> variables) {
    return assertThrows(IllegalArgumentException.class, () -> RankEnvironment.of(variables))
        .getMessage();
  }

  @Test
  void withoutVariablesAProcessIsAlone() {
    RankEnvironment alone = RankEnvironment.of(Map.of("PATH", "/bin", "RANK", ""));
    assertTrue(alone.isAlone());
    assertEquals(0, alone.rank());
    assertEquals(1, alone.worldSize());
  }

  @Test
  void rankZeroListensAndItsHostCountsTheProcesses() {
    Map<String, String> variables = secondOfFour();
    assertEquals(
        new RankEnvironment(1, 4, 1, "node-1", 29500, false, 0, null),
        RankEnvironment.of(variables));
    assertFalse(RankEnvironment.of(variables).opensStore());
    variables.put("RANK", "0");
    assertTrue(RankEnvironment.of(variables).opensStore());
  }

  @Test
  void underTorchrunTheLauncherListens() {
    Map<String, String> variables = secondOfFour();
    variables.putAll(
        Map.of(
            "RANK",
            "0",
            "LOCAL_RANK",
            "2",
            "TORCHELASTIC_USE_AGENT_STORE",
            "True",
            "TORCHELASTIC_RESTART_COUNT",
            "3",
            "GLOO_SOCKET_IFNAME",
            "eth1"));
    RankEnvironment environment = RankEnvironment.of(variables);
    assertEquals(new RankEnvironment(0, 4, 2, "node-1", 29500, true, 3, "eth1"), environment);
    assertFalse(environment.opensStore());
  }

  @Test
  void whatIsMissingIsNamed() {
    Map<String, String> variables = secondOfFour();
    variables.remove("MASTER_PORT");
    variables.put("WORLD_SIZE", " ");
    assertEquals(
        "the environment variables [RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT] start one of several"
            + " processes and are set together; missing: [WORLD_SIZE, MASTER_PORT]",
        refusal(variables));
  }

  @ParameterizedTest
  @CsvSource({
    "RANK, 4, 0..3",
    "RANK, -1, 0..3",
    "RANK, first, 0..3",
    "WORLD_SIZE, 0, 1..65536",
    "MASTER_PORT, 65536, 1..65535",
    "LOCAL_RANK, 4, 0..3",
    "TORCHELASTIC_RESTART_COUNT, 1.5, 0..2147483647"
  })
  void whatIsWrongIsNamed(String name, String value, String range) {
    Map<String, String> variables = secondOfFour();
    variables.put(name, value);
    assertEquals(
        name + " must be a whole number in " + range + "; " + name + "=" + value,
        refusal(variables));
  }
}
