package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.device.tornado.TornadoDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code lgc bench} on the smallest models. */
@Tag("backend")
final class BenchCommandTest {
  private static Cli.Result bench(String... options) {
    List<String> all =
        new ArrayList<>(List.of("bench", TestResources.path("models/tiny.arch").toString()));
    all.addAll(List.of("-m", "TinyGenerator", "-b", "2", "--seconds", "0.02"));
    all.addAll(List.of(options));
    return Cli.run(all.toArray(String[]::new));
  }

  private static JsonNode json(String... options) throws IOException {
    List<String> all = new ArrayList<>(List.of(options));
    all.add("--json");
    Cli.Result r = bench(all.toArray(String[]::new));
    assertEquals(0, r.code(), r.err());
    JsonNode said = new ObjectMapper().readTree(r.out());
    for (JsonNode step : said.get("steps")) {
      long calls = 0;
      for (JsonNode kernel : step.get("profile")) {
        calls += kernel.get("calls").asLong();
        assertTrue(kernel.get("seconds").asDouble() > 0, kernel.toString());
      }
      assertEquals(step.get("kernels").asLong(), calls, step.get("step").asText());
    }
    return said;
  }

  @Test
  void everyStepRunsBesideItsLimit() throws IOException {
    JsonNode said = json();
    for (JsonNode step : said.get("steps")) {
      assertTrue(step.get("gflops").asDouble() > 0);
      assertTrue(step.get("gigabytes_per_second").asDouble() > 0);
    }
    assertTrue(said.get("whole_seconds").asDouble() > said.get("whole_least_seconds").asDouble());
  }

  @Test
  void weightsInFewerBitsAreForUsingOnly() throws IOException {
    String[] step = {"--step", "codes.step", "--limits", "1,1000"};
    long wide = moved(step);
    long bf16 = moved("--weights-type", "bf16", step[0], step[1], step[2], step[3]);
    long int8 = moved("--weights-type", "int8", step[0], step[1], step[2], step[3]);
    assertTrue(int8 < bf16 && bf16 < wide, int8 + ", " + bf16 + ", " + wide);
    Cli.Result training = bench("--for", "training", "--weights-type", "int8");
    assertEquals(1, training.code());
    assertTrue(training.err().contains("training with weights in int8"), training.err());
    assertTrue(training.err().contains("--for inference"), training.err());
    Cli.Result unknown = bench("--weights-type", "int4");
    assertEquals(2, unknown.code());
    assertTrue(unknown.err().contains("int4"), unknown.err());
  }

  @Test
  void theEarlierNameOfInferenceIsAcceptedWithAHint() {
    List<List<String>> forms = List.of(List.of("--for", "using"), List.of("--for=using"));
    for (List<String> old : forms) {
      List<String> all = new ArrayList<>(List.of("--step", "codes.step", "--limits", "1,1000"));
      all.addAll(old);
      Cli.Result result = bench(all.toArray(String[]::new));
      assertEquals(0, result.code(), result.err());
      assertTrue(result.err().contains("--for inference"), result.err());
    }
    Cli.Result unknown = bench("--for", "reading");
    assertEquals(2, unknown.code());
    assertTrue(unknown.err().contains("inference"), unknown.err());
    assertFalse(unknown.err().contains("using"), unknown.err());
  }

  @Test
  void mixedPrecisionIsForTrainingOnly() throws IOException {
    long wide = planned("f32");
    long mixed = planned("bf16");
    assertTrue(mixed < wide, mixed + ", " + wide);
    Cli.Result using = bench("--precision", "bf16");
    assertEquals(1, using.code());
    assertTrue(using.err().contains("--for training"), using.err());
    assertTrue(using.err().contains("--weights-type bf16"), using.err());
  }

  /** What a plan moves in a step of training. */
  private static long planned(String precision) throws IOException {
    Cli.Result r =
        Cli.run(
            "plan",
            TestResources.path("models/tiny.arch").toString(),
            "-m",
            "TinyTokenizer",
            "-p",
            "image=32",
            "-p",
            "dim=48",
            "--for",
            "training",
            "--precision",
            precision,
            "--json");
    assertEquals(0, r.code(), r.err());
    JsonNode plan = new ObjectMapper().readTree(r.out());
    assertEquals(precision, plan.get("precision").asText());
    return plan.get("training").get("whole").get("bytes").asLong();
  }

  private static long moved(String... options) throws IOException {
    return json(options).get("steps").get(0).get("bytes").asLong();
  }

  @Test
  void limitsMayBeGiven() {
    Cli.Result given = bench("--step", "codes.step", "--limits", "67000,4800");
    assertEquals(0, given.code(), given.err());
    assertTrue(given.out().contains("(67000 GFLOP/s, 4800.0 GB/s)"), given.out());
    Cli.Result wrong = bench("--limits", "fast");
    assertEquals(1, wrong.code());
    assertTrue(wrong.err().contains("GFLOP/s,GB/s such as 67000,4800"), wrong.err());
  }

  @Test
  void aStepThatThereIsNotIsAMistake() {
    Cli.Result wrong = bench("--step", "codes.stop");
    assertEquals(1, wrong.code());
    assertTrue(wrong.err().contains("codes.step"), wrong.err());
  }

  @Test
  void onlyADeviceWithSeveralSchedulesIsTuned() {
    Cli.Result cpu = bench("--tune", "5");
    assertEquals(1, cpu.code());
    assertTrue(cpu.err().contains("--device tornado"), cpu.err());
    assertEquals(1, bench("--tune", "-1").code());
  }

  @Test
  void anotherDeviceIsTimedCallByCallAndHasNoShareOfTheProcessorsLimits() throws IOException {
    assumeTrue(
        TornadoDevice.isPossible(), "no TornadoVM: TORNADOVM_HOME names no SDK to run tests with");
    JsonNode said = json("--device", "tornado", "--step", "codes.step");
    assertTrue(said.get("device").asText().startsWith("tornado:0"), said.toString());
    assertEquals(1, said.get("steps").size());
    assertTrue(said.get("steps").get(0).get("seconds").asDouble() > 0);
    assertFalse(said.toString().contains("least_seconds"), said.toString());
    assertFalse(said.toString().contains("gflops"), said.toString());
  }
}
