package dev.lgc.runtime.tune;

import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.EmulatedDevice;
import dev.lgc.compiler.emit.tornado.Schedule;
import dev.lgc.compiler.emit.tornado.Scheduler;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.runtime.exec.CallObserver;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.tensor.ArenaMemory;
import dev.lgc.runtime.tensor.PlanMemory;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The emulated device, with a clock that says how long each way takes, and ways that go wrong. */
final class EmulatedTunable implements Tunable {
  static final TuningKey KEY = new TuningKey("Emulated (TM) GPU", "1.0", Scheduler.FORMAT);

  private static final DeviceLimits LIMITS = new DeviceLimits(64, 8192, 8, 1L << 30);

  /** What becomes of a way. */
  enum Fate {
    RIGHT,
    WRONG,
    FAILS
  }

  final Map<String, Long> nanos = new HashMap<>();
  final Map<String, Fate> fates = new HashMap<>();

  /** The ways that were run, in order. */
  final Set<String> tried = new LinkedHashSet<>();

  private long now;

  /** Nanoseconds that all runs took. */
  long clock() {
    return now;
  }

  @Override
  public String name() {
    return "emulated";
  }

  @Override
  public TuningKey tuningKey() {
    return KEY;
  }

  @Override
  public List<String> ways(Kernel kernel) {
    return Scheduler.candidates(kernel, LIMITS).stream().map(Schedule::text).toList();
  }

  @Override
  public Program load(ExecutionPlan plan, List<String> ways) {
    return new Loaded(this, plan, ways);
  }

  @Override
  public Program load(ExecutionPlan plan) {
    return load(plan, plan.kernels().stream().map(k -> ways(k).getFirst()).toList());
  }

  @Override
  public void close() {}

  private record Loaded(
      EmulatedTunable device,
      ExecutionPlan plan,
      List<String> ways,
      EmulatedDevice emulated,
      PlanMemory memory,
      Set<Slot> pushed)
      implements Program {
    Loaded(EmulatedTunable device, ExecutionPlan plan, List<String> ways) {
      this(
          device,
          plan,
          ways,
          new EmulatedDevice(
              plan, LIMITS, false, k -> schedule(plan.kernels().get(k), ways.get(k))),
          new ArenaMemory(plan),
          new LinkedHashSet<>());
    }

    private static Schedule schedule(Kernel kernel, String way) {
      return Scheduler.candidates(kernel, LIMITS).stream()
          .filter(s -> s.text().equals(way))
          .findFirst()
          .orElseThrow();
    }

    @Override
    public void run(String step, CallObserver observer) {
      pushed.forEach(s -> emulated.write(s, memory.tensor(s).toArray()));
      pushed.clear();
      emulated.run(step);
      for (KernelCall c : plan.step(step).calls()) {
        String way = ways.get(c.kernel());
        device.tried.add(way);
        device.now += device.nanos.getOrDefault(way, 1_000_000L);
        switch (device.fates.getOrDefault(way, Fate.RIGHT)) {
          case RIGHT -> {}
          case WRONG -> {
            double[] y = emulated.read(c.slots().getLast());
            y[y.length - 1] *= 1.001;
            emulated.write(c.slots().getLast(), y);
          }
          case FAILS -> throw new IllegalStateException("too few registers");
        }
      }
    }

    @Override
    public void pull(Slot slot) {
      if (!pushed.contains(slot)) {
        memory.tensor(slot).fill(emulated.read(slot));
      }
    }

    @Override
    public void push(Slot slot) {
      pushed.add(slot);
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
