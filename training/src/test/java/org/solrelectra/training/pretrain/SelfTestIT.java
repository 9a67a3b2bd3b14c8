package org.solrelectra.training.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.solrelectra.training.network.Libtorch;
import org.solrelectra.training.pretrain.SelfTest.Result;

class SelfTestIT {

  @Test
  void aCpuStartsAtChanceAndLearns() throws IOException {
    Libtorch.start(1, Libtorch.Choice.AUTO);
    Result result = SelfTest.run("cpu");
    assertEquals(List.of(), result.problems());
    assertEquals(Math.log(1000), result.generatorLoss(), SelfTest.START_TOLERANCE);
    assertEquals(Math.log(2), result.discriminatorLoss(), SelfTest.START_TOLERANCE);
    assertEquals(
        result.generatorLoss() + 50 * result.discriminatorLoss(), result.startLoss(), 1e-3);
    Result again = SelfTest.run("cpu");
    assertEquals(result.endLoss(), again.endLoss());
    assertEquals(List.of(), again.differences(result));
  }

  @Test
  void whatIsWrongIsNamed() {
    Result wrong = new Result("cuda:0", 7.2, Double.NaN, 1, 40, 40, 1);
    assertEquals(
        List.of(
            "cuda:0: the first generator loss must be within 0.2 of ln 1000 = 6.908; generator loss: 7.2000",
            "cuda:0: the first discriminator loss must be within 0.2 of ln 2 = 0.693; discriminator loss: NaN",
            "cuda:0: the loss must fall within 3 updates; before: 40.0000, after: 40.0000"),
        wrong.problems());
  }

  @Test
  void whatDiffersIsNamed() {
    Result cpu = new Result("cpu", 6.9, 0.7, 2, 41.9, 30, 1);
    assertEquals(
        List.of(), new Result("cuda:0", 6.9006, 0.69994, 2.0001, 0, 30.2, 0).differences(cpu));
    assertEquals(
        List.of(
            "cuda:0: the generator loss must be that of cpu to a share of 1e-04; cpu: 6.900000, cuda:0: 6.901000",
            "cuda:0: the discriminator loss must be that of cpu to a share of 1e-04; cpu: 0.700000, cuda:0: 0.699900",
            "cuda:0: the gradient norm must be that of cpu to a share of 1e-04; cpu: 2.000000, cuda:0: NaN",
            "cuda:0: the loss after 3 updates must be that of cpu to a share of 1e-02; cpu: 30.000000, cuda:0: 30.400000"),
        new Result("cuda:0", 6.901, 0.6999, Double.NaN, 0, 30.4, 0).differences(cpu));
  }

  @Test
  void aDeviceThatIsNotThereIsOneLine() {
    Libtorch.start(1, Libtorch.Choice.AUTO);
    String message = assertThrows(IOException.class, () -> SelfTest.run("cuda:99")).getMessage();
    assertEquals("cuda:99: ", message.substring(0, 9));
    assertEquals(1, message.lines().count(), message);
  }
}
