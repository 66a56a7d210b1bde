package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.MemoryMap;
import dev.lgc.compiler.plan.PlanDump;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The memory of a rank where ranks store blocks, of equal layers that are a bucket each. */
@Tag("backend")
final class ShardedMemoryTest {
  private static final int LAYERS = 8;
  private static final int DIM = 2560;

  /** Rows of the model whose values between layers take more than its parameters. */
  private static final int ROWS = 4096;

  /** Bytes of a layer: just more than a bucket. */
  private static final long LAYER = 4L * DIM * DIM;

  private static final String SOURCE =
      """
      block Layer(dim: int) {
        param w: [dim, dim] = normal(0.1)
        forward(x: [*, dim]) -> [*, dim] = silu(linear(x, w))
      }

      model Equal(dim: int, layers: int) {
        layer = [Layer(dim) for i in 0..layers]

        objective fit(x: [b, dim]) {
          let y = x
          for l in layer { y = l(y) }
          minimize mean(y * y)
        }
      }

      block Pair(dim: int) {
        param up: [4 * dim, dim] = normal(0.1)
        param down: [dim, 4 * dim] = normal(0.1)
        forward(x: [*, dim]) -> [*, dim] = x + linear(silu(linear(x, up)), down)
      }

      model Wide(dim: int, layers: int) {
        layer = [Pair(dim) for i in 0..layers]

        objective fit(x: [b, dim]) {
          let y = x
          for l in layer { y = l(y) }
          minimize mean(y * y)
        }
      }
      """;

  private static ExecutionPlan plan(Request.Sharding sharding) {
    return plan("Equal", sharding, Long.MAX_VALUE);
  }

  private static ExecutionPlan plan(String name, Request.Sharding sharding, long memory) {
    CheckedModel model =
        Language.parse("equal.arch", SOURCE)
            .then(
                l ->
                    l.elaborate(
                        name,
                        Map.of(
                            "dim", "" + (name.equals("Equal") ? DIM : 512), "layers", "" + LAYERS),
                        Map.of("b", name.equals("Equal") ? 4 : ROWS)))
            .get();
    List<Request> requests =
        new ArrayList<>(
            Request.training(
                List.of("fit"), new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, false), false));
    requests.add(sharding);
    return Compiler.compileAll(model, List.of(requests), memory, PassObserver.NONE).getFirst();
  }

  /** Under a limit ranks keep fewer values for the backward part, blocks or not. */
  @Test
  void aLimitOfMemoryIsKept() {
    for (int group : new int[] {1, 2, 4}) {
      Request.Sharding sharding = new Request.Sharding(4, 4, group);
      ExecutionPlan free = plan("Wide", sharding, Long.MAX_VALUE);
      // The hidden values of a layer have 34 MB, and are computed of 8 MB.
      long limit = free.totalBytes() - 3 * 4L * ROWS * 4 * 512;
      ExecutionPlan less = plan("Wide", sharding, limit);
      assertTrue(less.totalBytes() <= limit, less.totalBytes() + " of " + limit);
      for (Arena a : List.of(Arena.PARAMETERS, Arena.GRADIENTS, Arena.STATE)) {
        assertEquals(free.bytes(a), less.bytes(a));
      }
    }
  }

  @Test
  void everythingThatIsTrainedIsStoredOnce() {
    ExecutionPlan one = plan(new Request.Sharding(4, 1));
    ExecutionPlan replicated = plan(new Request.Sharding(4, 4));
    ExecutionPlan hybrid = plan(new Request.Sharding(4, 4, 2));
    ExecutionPlan sharded = plan(new Request.Sharding(4, 4, 4));
    for (Arena a : List.of(Arena.PARAMETERS, Arena.GRADIENTS)) {
      assertEquals(one.bytes(a), replicated.bytes(a));
      assertEquals(one.bytes(a) / 2, hybrid.bytes(a));
      assertEquals(one.bytes(a) / 4, sharded.bytes(a));
    }
    assertEquals(replicated.bytes(Arena.STATE) / 4, sharded.bytes(Arena.STATE));
  }

  @Test
  void atMostTwoLayersAreWholeAndOneGradient() {
    for (int group : new int[] {2, 4}) {
      ExecutionPlan plan = plan(new Request.Sharding(4, 4, group));
      Step gradients = plan.step("fit.gradients");
      long work = gradients.workBytes() - plan.bytes(Arena.GRADIENTS);
      // Values between layers are a thousandth of a layer; a gradient is whole until it is sent,
      // and the next one is computed meanwhile.
      assertTrue(work <= 4.1 * LAYER, work + "\n" + PlanDump.fused(plan));
      assertTrue(alive(plan, gradients) <= 2, PlanDump.fused(plan));
      assertTrue(alive(plan, plan.step("fit.loss")) <= 2, PlanDump.fused(plan));
    }
  }

  /** The most parameters that are whole at one time. */
  private static long alive(ExecutionPlan plan, Step step) {
    List<MemoryMap.Value> whole =
        MemoryMap.of(plan, step).values().stream()
            .filter(
                v ->
                    step.calls().get(v.first()) instanceof CollectiveCall c
                        && c.op() instanceof AllGather)
            .toList();
    long most = 0;
    for (int i = 0; i < step.calls().size(); i++) {
      int at = i;
      most = Math.max(most, whole.stream().filter(v -> v.first() <= at && at <= v.last()).count());
    }
    return most;
  }
}
