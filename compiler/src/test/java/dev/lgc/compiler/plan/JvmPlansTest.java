package dev.lgc.compiler.plan;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
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
    return List.of(split(1), split(8), split(16));
  }

  private static List<Function<ExecutionPlan, PlanRunner>> split(int lanes) {
    return List.of(
        p -> new Emitted(p, lanes, 1),
        p -> new Emitted(p, lanes, 2),
        p -> new Emitted(p, lanes, 3));
  }

  /** Emitted code, each kernel's units split in parts. */
  private static final class Emitted extends ArenaRunner {
    private final JvmEmitter emitter;
    private final int parts;
    private final java.lang.foreign.Arena memory = java.lang.foreign.Arena.ofConfined();
    private final MemorySegment scratch = memory.allocate(1 << 20, 64);
    private final MemorySegment shared = memory.allocate(1 << 16, 64);

    Emitted(ExecutionPlan plan, int lanes, int parts) {
      super(plan);
      this.parts = parts;
      emitter = new JvmEmitter(new Machine(lanes, true, 1));
    }

    @Override
    public void run(String step) {
      for (KernelCall c : plan.steps().get(step).calls()) {
        CompiledKernel k = emitter.compile(plan.kernels().get(c.kernel()));
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
