package dev.lgc.compiler.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelVerifier;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;

/** Lowering keeps what graphs mean: their kernels, read as they stand, in either order. */
@Tag("backend")
final class LoweringTest extends BackendContract {
  @Override
  protected int graphs() {
    return 300;
  }

  @Override
  protected List<List<Function<ExecutionPlan, PlanRunner>>> backends() {
    return List.of(List.of(p -> verified(p, false), p -> verified(p, true)));
  }

  private static PlanRunner verified(ExecutionPlan plan, boolean backwards) {
    for (Kernel k : plan.kernels()) {
      assertEquals(List.of(), KernelVerifier.problems(k));
    }
    return new PlanMachine(plan, backwards);
  }
}
