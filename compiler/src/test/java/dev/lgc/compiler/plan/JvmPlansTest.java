package dev.lgc.compiler.plan;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Strategy;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.emit.jvm.contraction.WideningStrategy;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Function;

/** Emitted bytecode, for several widths of vectors: the same bits for any number of threads. */
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
        p -> new Emitted(p, emitter, 1),
        p -> new Emitted(p, emitter, 2),
        p -> new Emitted(p, emitter, 3));
  }

  /** Emitted code, each kernel's units split in parts. */
  private static final class Emitted extends ArenaRunner {
    private final JvmEmitter emitter;
    private final int parts;
    private final java.lang.foreign.Arena memory = java.lang.foreign.Arena.ofConfined();

    Emitted(ExecutionPlan plan, JvmEmitter emitter, int parts) {
      super(plan);
      this.emitter = emitter;
      this.parts = parts;
    }

    @Override
    public void run(String step) {
      for (KernelCall c : plan.steps().get(step).calls()) {
        CompiledKernel k = emitter.compile(plan.kernels().get(c.kernel()));
        MemorySegment scratch = memory.allocate(k.launch().scratchBytes() + 64, 64);
        MemorySegment shared = memory.allocate(k.launch().sharedBytes() + 64, 64);
        long[] buffers = c.slots().stream().mapToLong(s -> arenas.segment(s).address()).toArray();
        for (int phase = 0; phase < k.launch().units().size(); phase++) {
          long units = k.launch().units().get(phase);
          for (int p = 0; p < parts; p++) {
            long from = units * p / parts;
            long to = units * (p + 1) / parts;
            if (from < to) {
              k.code().run(phase, buffers, shared.address(), scratch.address(), from, to);
            }
          }
        }
      }
    }

    @Override
    public void close() {
      memory.close();
      super.close();
    }
  }
}
