package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.IndexFault;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.runtime.exec.CallObserver;
import dev.lgc.runtime.exec.IndexMessages;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.exec.StepFault;
import dev.lgc.runtime.tensor.PlanMemory;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** A plan's steps as arrays of bound calls, so that running one is a plain loop. */
final class CpuProgram implements Program {
  /** Instructions that one thread should rather do alone: about ten microseconds. */
  private static final long ALONE = 30_000;

  private final CpuDevice device;
  private final ExecutionPlan plan;
  private final PlanMemory memory;
  private final Map<String, Bound[]> steps = new HashMap<>();

  /**
   * @param memory of the plan; closed with this
   */
  CpuProgram(CpuDevice device, ExecutionPlan plan, PlanMemory memory) {
    this.device = device;
    this.plan = plan;
    this.memory = memory;
  }

  /** A kernel call with everything looked up. */
  private record Bound(
      KernelCall call, KernelCode code, long[] buffers, long[] units, boolean alone) {}

  @Override
  public PlanMemory memory() {
    return memory;
  }

  @Override
  public void prepare(String step) {
    bound(step);
  }

  @Override
  public void run(String step, CallObserver observer) {
    run(step, observer, null);
  }

  @Override
  public boolean endsEarly() {
    return true;
  }

  @Override
  public boolean run(String step, CallObserver observer, BooleanSupplier stop) {
    synchronized (device) {
      Bound[] calls = bound(step);
      device.pool().begin();
      try {
        return run(step, calls, observer, stop);
      } finally {
        device.pool().end();
      }
    }
  }

  private boolean run(String step, Bound[] calls, CallObserver observer, BooleanSupplier stop) {
    for (Bound c : calls) {
      if (stop != null && stop.getAsBoolean()) {
        return false;
      }
      if (observer != null) {
        observer.before(c.call);
      }
      try {
        run(c);
      } catch (IndexFault e) {
        IndexMessages of = new IndexMessages(plan, plan.step(step), c.call);
        String message =
            e.buffer() == IndexFault.AXIS
                ? of.axis(e.index(), e.elements())
                : of.buffer(e.buffer(), e.index(), e.elements());
        throw new StepFault(c.call, message, e);
      }
      if (observer != null) {
        observer.after(c.call);
      }
    }
    return true;
  }

  private void run(Bound c) {
    WorkerPool pool = device.pool();
    long shared = device.sharedAddress();
    for (int phase = 0; phase < c.units.length; phase++) {
      if (c.alone) {
        pool.runAlone(c.code, phase, c.buffers, shared, c.units[phase]);
      } else {
        pool.run(c.code, phase, c.buffers, shared, c.units[phase]);
      }
    }
  }

  private Bound[] bound(String name) {
    Bound[] known = steps.get(name);
    if (known != null) {
      return known;
    }
    device.compileAll(CpuDevice.kernels(plan, name));
    Bound[] calls = plan.step(name).calls().stream().map(this::bind).toArray(Bound[]::new);
    steps.put(name, calls);
    return calls;
  }

  private Bound bind(KernelCall call) {
    CompiledKernel k = device.compile(plan.kernels().get(call.kernel()));
    return new Bound(
        call,
        k.code(),
        call.slots().stream().mapToLong(memory::address).toArray(),
        k.launch().units().stream().mapToLong(Long::longValue).toArray(),
        k.launch().work() < ALONE);
  }

  @Override
  public void close() {
    steps.clear();
    memory.close();
  }
}
