package dev.lgc.runtime.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Softmax;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.rewrite.Decompose;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.device.tornado.TornadoDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the emulated device, whose clock goes by how long each schedule is said to take. */
@Tag("backend")
final class TunerTest {
  @TempDir private Path folder;

  private final EmulatedTunable device = new EmulatedTunable();
  private final List<Tuning> ended = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /** A product, and a softmax of fewer operations. */
  private final ExecutionPlan plan = plan();

  @BeforeEach
  void needsTheEmulation() {
    assumeFalse(TornadoDevice.isPossible(), "TornadoVM's classes have the emulation's names");
  }

  private static ExecutionPlan plan() {
    GraphBuilder g = new GraphBuilder();
    int x = g.add(new Input("x", TensorType.f32(40, 64)));
    int y = g.add(new Input("y", TensorType.f32(48, 64)));
    int rows = g.add(new Input("rows", TensorType.f32(5, 100)));
    int z = g.contract("bi,oi->bo", x, y);
    int s = g.add(new Softmax(1), rows);
    Graph graph = g.build("step", Map.of("z", z, "s", s), Map.of());
    return Plans.of("Small", List.of(), List.of(Decompose.all(graph)));
  }

  private Kernel product() {
    return plan.kernels().stream()
        .filter(k -> k.name().startsWith("contract"))
        .findFirst()
        .orElseThrow();
  }

  private Tuner.Result tune(double seconds, Tuning known) {
    Tuner.Watcher watcher =
        new Tuner.Watcher() {
          @Override
          public void begins(int done, int kernels, String name, int candidates) {
            assertTrue(done < kernels && candidates > 1, name);
          }

          @Override
          public void ended(Tuning tuning) {
            ended.add(tuning);
          }
        };
    List<Step> steps = List.copyOf(plan.steps().values());
    return new Tuner(device, device::clock, watcher).run(plan, steps, seconds, known);
  }

  @Test
  void theFastestWayThatComputesTheSameWins() {
    List<String> schedules = device.schedules(product());
    device.nanos.put(schedules.get(1), 100_000L);
    device.fates.put(schedules.get(1), EmulatedTunable.Fate.WRONG);
    device.nanos.put(schedules.get(2), 200_000L);
    device.fates.put(schedules.get(2), EmulatedTunable.Fate.FAILS);
    device.nanos.put(schedules.get(4), 500_000L);
    Tuner.Result r = tune(3600, Tuning.none(EmulatedTunable.KEY));
    assertEquals(2, r.rows().size());
    Tuner.Row row = r.rows().getFirst();
    assertEquals(
        new Tuning.Best(product().name(), schedules.get(4), 5e-4, 1e-3, schedules.size()),
        row.found());
    assertEquals(
        List.of(schedules.get(1) + ": other results", schedules.get(2) + ": too few registers"),
        row.problems());
    assertTrue(device.tried.containsAll(schedules));
    assertEquals(row.found(), r.tuning().found(product()).orElseThrow());
    assertEquals(r.tuning(), ended.getLast());
  }

  @Test
  void aGuessThatIsHardlySlowerStays() {
    String other = device.schedules(product()).get(3);
    device.nanos.put(other, 980_000L);
    Tuner.Result r = tune(3600, Tuning.none(EmulatedTunable.KEY));
    assertEquals(device.schedules(product()).getFirst(), r.rows().getFirst().found().schedule());
  }

  @Test
  void theCostliestComeFirstAndTheRestAnotherTime() {
    // Each schedule is run at least four times, of a millisecond each.
    Tuner.Result first = tune(0.01, Tuning.none(EmulatedTunable.KEY));
    assertEquals(1, first.rows().size());
    assertEquals(1, first.left());
    Tuning.Best begun = first.tuning().found(product()).orElseThrow();
    assertTrue(begun.tried() < device.schedules(product()).size());
    Tuner.Result second = tune(3600, first.tuning());
    assertEquals(2, second.rows().size(), "one begun, one not");
    Tuner.Result third = tune(3600, second.tuning());
    assertEquals(0, third.rows().size());
    assertEquals(2, third.known());
    assertEquals(second.tuning(), third.tuning());
  }

  @Test
  void aTuningIsReadAsItWasWritten() throws IOException {
    Tuning t = tune(0.01, Tuning.none(EmulatedTunable.KEY)).tuning();
    Path file = t.write(folder);
    assertEquals(t, read(EmulatedTunable.KEY));
    assertEquals(List.of(), warnings);
    assertTrue(file.getFileName().toString().startsWith("emulated-tm-gpu-"), file.toString());
    t.write(folder);
    try (Stream<Path> all = Files.list(folder)) {
      assertEquals(List.of(file), all.toList(), "nothing is left beside it");
    }
    TuningKey newer = new TuningKey(EmulatedTunable.KEY.device(), "2.0", 1);
    assertEquals(Tuning.none(newer), read(newer), "another driver, another file");
    assertEquals(List.of(), warnings);
  }

  @Test
  void aFileOfAnEarlierVersionIsRead() throws IOException {
    Tuning t = tune(0.01, Tuning.none(EmulatedTunable.KEY)).tuning();
    Path file = t.write(folder);
    String now = Files.readString(file);
    String earlier = now.replace("\"schedule\"", "\"way\"");
    assertFalse(earlier.equals(now), now);
    Files.writeString(file, earlier);
    assertEquals(t, read(EmulatedTunable.KEY));
    assertEquals(List.of(), warnings);
  }

  private Tuning read(TuningKey key) {
    return Tuning.read(folder, key, warnings::add);
  }

  @Test
  void aDamagedOrForeignFileIsPassedOverWithAWarning() throws IOException {
    Tuning t = tune(0.01, Tuning.none(EmulatedTunable.KEY)).tuning();
    Path file = t.write(folder);
    String text = Files.readString(file);
    for (String bad :
        List.of(
            "",
            text.substring(0, text.length() / 2),
            "null",
            "{}",
            text.replace("\"schedule\"", "\"path\""),
            text.replaceAll("\"tried\" : \\d+", "\"tried\" : null"),
            text.replace(EmulatedTunable.KEY.device(), "Another GPU"))) {
      warnings.clear();
      Files.writeString(file, bad);
      assertEquals(Tuning.none(EmulatedTunable.KEY), read(EmulatedTunable.KEY), bad);
      assertEquals(1, warnings.size(), bad);
      assertTrue(warnings.getFirst().contains(file.toString()), warnings.toString());
      assertFalse(warnings.getFirst().contains("\n"));
    }
  }

  @Test
  void kernelsAreKnownByWhatTheyCompute() {
    Kernel k = product();
    Kernel renamed = new Kernel("other", k.buffers(), k.space(), k.stages());
    assertEquals(KernelHash.of(k), KernelHash.of(renamed));
    assertEquals(
        plan.kernels().size(), plan.kernels().stream().map(KernelHash::of).distinct().count());
  }
}
