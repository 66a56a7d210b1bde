package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.IndexFault;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.CollectiveWaits;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Step;
import dev.lgc.runtime.dist.Pending;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.exec.CallObserver;
import dev.lgc.runtime.exec.IndexMessages;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.exec.StepFault;
import dev.lgc.runtime.tensor.PlanMemory;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * A plan's steps as arrays of bound calls, so that running one is a plain loop. A collective runs
 * beside the kernels that follow it, until one needs its memory; watched, it runs by itself.
 */
final class CpuProgram implements Program {
  /** Instructions that one thread should rather do alone: about ten microseconds. */
  private static final long ALONE = 30_000;

  private static final Pending[] NONE = {};

  private final CpuContext context;
  private final Ranks ranks;
  private final ExecutionPlan plan;
  private final PlanMemory memory;
  private final Map<String, BoundStep> steps = new HashMap<>();

  /** Steps whose collectives were found to be those of all ranks. */
  private final Set<String> agreed = new HashSet<>();

  /**
   * @param ranks of the run, for the plan's collectives
   * @param memory of the plan; closed with this
   */
  CpuProgram(CpuContext context, Ranks ranks, ExecutionPlan plan, PlanMemory memory) {
    this.context = context;
    this.ranks = ranks;
    this.plan = plan;
    this.memory = memory;
  }

  /** A call with everything looked up. */
  private sealed interface Bound {
    Call call();
  }

  private record BoundKernel(
      KernelCall call, KernelCode code, long[] buffers, long[] units, boolean alone)
      implements Bound {}

  private record BoundCollective(
      CollectiveCall call, List<MemorySegment> from, List<MemorySegment> to) implements Bound {}

  /**
   * A step's calls.
   *
   * @param waits for each call the numbers of the collectives that must be complete before it
   * @param collective whether there are collectives
   */
  private record BoundStep(Bound[] calls, int[][] waits, boolean collective) {}

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
    synchronized (context) {
      BoundStep bound = bound(step);
      if (bound.collective && !agreed.contains(step)) {
        CollectiveAgreement.check(ranks, plan.step(step));
        agreed.add(step);
      }
      context.pool().begin();
      try {
        // A rank that ended early would leave the others waiting for it.
        return run(step, bound, observer, bound.collective ? null : stop);
      } finally {
        context.pool().end();
      }
    }
  }

  private boolean run(String step, BoundStep bound, CallObserver observer, BooleanSupplier stop) {
    Pending[] running = bound.collective ? new Pending[bound.calls.length] : NONE;
    Throwable fault = null;
    try {
      for (int i = 0; i < bound.calls.length; i++) {
        if (stop != null && stop.getAsBoolean()) {
          return false;
        }
        for (int r : bound.waits[i]) {
          running[r].await();
        }
        Bound c = bound.calls[i];
        if (observer != null) {
          observer.before(c.call());
        }
        switch (c) {
          case BoundKernel k -> run(step, k);
          case BoundCollective k -> running[i] = start(k, observer != null);
        }
        if (observer != null) {
          observer.after(c.call());
        }
      }
      return true;
    } catch (RuntimeException | Error e) {
      fault = e;
      throw e;
    } finally {
      awaitAll(running, fault);
    }
  }

  /**
   * Waits for all collectives, even if some fail: nobody may touch the memory before.
   *
   * @param fault to which their exceptions are added; if null, the first of them is thrown
   */
  private static void awaitAll(Pending[] running, Throwable fault) {
    Set<RuntimeException> failures = new LinkedHashSet<>();
    for (Pending p : running) {
      try {
        if (p != null) {
          p.await();
        }
      } catch (RuntimeException e) {
        failures.add(e);
      }
    }
    if (fault != null) {
      failures.remove(fault); // nothing is the cause of itself
      failures.forEach(fault::addSuppressed);
    } else if (!failures.isEmpty()) {
      RuntimeException first = failures.iterator().next();
      failures.stream().skip(1).forEach(first::addSuppressed);
      throw first;
    }
  }

  private Pending start(BoundCollective c, boolean watched) {
    Pending running = ranks.start(c.call.op(), c.from, c.to);
    if (watched) {
      running.await();
    }
    return running;
  }

  private void run(String step, BoundKernel k) {
    try {
      run(k);
    } catch (IndexFault e) {
      IndexMessages of = new IndexMessages(plan, plan.step(step), k.call);
      String message =
          e.buffer() == IndexFault.AXIS
              ? of.axis(e.index(), e.elements())
              : of.buffer(e.buffer(), e.index(), e.elements());
      throw new StepFault(k.call, message, e);
    }
  }

  private void run(BoundKernel c) {
    WorkerPool pool = context.pool();
    long shared = context.sharedAddress();
    for (int phase = 0; phase < c.units.length; phase++) {
      if (c.alone) {
        pool.runAlone(c.code, phase, c.buffers, shared, c.units[phase]);
      } else {
        pool.run(c.code, phase, c.buffers, shared, c.units[phase]);
      }
    }
  }

  private BoundStep bound(String name) {
    BoundStep known = steps.get(name);
    if (known != null) {
      return known;
    }
    context.compileAll(plan, name);
    Step step = plan.step(name);
    Bound[] calls = step.calls().stream().map(this::bind).toArray(Bound[]::new);
    int[][] waits =
        CollectiveWaits.of(plan, step).before().stream()
            .map(w -> w.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    boolean collective = Arrays.stream(calls).anyMatch(BoundCollective.class::isInstance);
    BoundStep bound = new BoundStep(calls, waits, collective);
    steps.put(name, bound);
    return bound;
  }

  private Bound bind(Call call) {
    return switch (call) {
      case KernelCall k -> kernel(k);
      case CollectiveCall c ->
          new BoundCollective(
              c,
              c.from().stream().map(memory::segment).toList(),
              c.to().stream().map(memory::segment).toList());
    };
  }

  private Bound kernel(KernelCall call) {
    CompiledKernel k = context.compile(plan.kernels().get(call.kernel()));
    return new BoundKernel(
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
