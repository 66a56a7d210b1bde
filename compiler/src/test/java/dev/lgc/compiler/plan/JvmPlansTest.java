package dev.lgc.compiler.plan;

import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Strategy;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.emit.jvm.contraction.WideningStrategy;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;

/** Emitted bytecode, for several widths of vectors: the same bits for any number of threads. */
@Tag("backend")
final class JvmPlansTest extends BackendContract {
  @Override
  protected int graphs() {
    return 100;
  }

  @Override
  protected List<List<Function<ExecutionPlan, PlanRunner>>> backends() {
    List<Strategy> tiles = List.of(new TiledStrategy());
    return List.of(
        split(new Machine(1, true, 1), List.of()),
        split(new Machine(8, true, 1), List.of()),
        split(new Machine(16, true, 1), List.of()),
        split(Machine.host(1), List.of(new TiledStrategy(), new WideningStrategy(tiles))));
  }

  private static List<Function<ExecutionPlan, PlanRunner>> split(
      Machine machine, List<Strategy> strategies) {
    JvmEmitter emitter = new JvmEmitter(machine, strategies);
    return List.of(
        p -> new EmittedPlan(p, emitter, 1),
        p -> new EmittedPlan(p, emitter, 2),
        p -> new EmittedPlan(p, emitter, 3));
  }
}
