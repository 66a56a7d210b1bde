package dev.lgc.compiler.plan;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import java.lang.foreign.MemorySegment;

/** A plan run as emitted bytecode, each kernel's units split in parts. */
public final class EmittedPlan extends ArenaRunner {
  private final JvmEmitter emitter;
  private final int parts;
  private final java.lang.foreign.Arena memory = java.lang.foreign.Arena.ofConfined();

  public EmittedPlan(ExecutionPlan plan, JvmEmitter emitter, int parts) {
    super(plan);
    this.emitter = emitter;
    this.parts = parts;
  }

  @Override
  public void run(String step) {
    for (KernelCall c : plan.steps().get(step).kernelCalls()) {
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
