package dev.lgc.runtime.tune;

import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.DeviceSchedule;
import dev.lgc.compiler.emit.tornado.DeviceScheduler;
import dev.lgc.compiler.emit.tornado.EmulatedDevice;
import dev.lgc.compiler.emit.tornado.ScheduleCandidates;
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

/**
 * The emulated device, with a clock that says how long each schedule takes, and schedules that go
 * wrong.
 */
final class EmulatedTunable implements Tunable {
  static final TuningKey KEY = new TuningKey("Emulated (TM) GPU", "1.0", DeviceScheduler.FORMAT);

  private static final DeviceLimits LIMITS = new DeviceLimits(64, 8192, 8, 1L << 30);

  /** The outcome of a schedule. */
  enum Fate {
    RIGHT,
    WRONG,
    FAILS
  }

  final Map<String, Long> nanos = new HashMap<>();
  final Map<String, Fate> fates = new HashMap<>();

  /** The schedules that were run, in order. */
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
  public List<String> schedules(Kernel kernel) {
    return ScheduleCandidates.of(kernel, LIMITS).stream().map(DeviceSchedule::text).toList();
  }

  @Override
  public Program load(ExecutionPlan plan, List<String> schedules) {
    return new Loaded(this, plan, schedules);
  }

  @Override
  public Program load(ExecutionPlan plan) {
    return load(plan, plan.kernels().stream().map(k -> schedules(k).getFirst()).toList());
  }

  @Override
  public void close() {}

  private record Loaded(
      EmulatedTunable device,
      ExecutionPlan plan,
      List<String> schedules,
      EmulatedDevice emulated,
      PlanMemory memory,
      Set<Slot> pushed)
      implements Program {
    Loaded(EmulatedTunable device, ExecutionPlan plan, List<String> schedules) {
      this(
          device,
          plan,
          schedules,
          new EmulatedDevice(
              plan, LIMITS, false, k -> schedule(plan.kernels().get(k), schedules.get(k))),
          new ArenaMemory(plan),
          new LinkedHashSet<>());
    }

    private static DeviceSchedule schedule(Kernel kernel, String text) {
      return ScheduleCandidates.of(kernel, LIMITS).stream()
          .filter(s -> s.text().equals(text))
          .findFirst()
          .orElseThrow();
    }

    @Override
    public void run(String step, CallObserver observer) {
      pushed.forEach(s -> emulated.write(s, memory.tensor(s).toArray()));
      pushed.clear();
      emulated.run(step);
      for (KernelCall c : plan.step(step).kernelCalls()) {
        String schedule = schedules.get(c.kernel());
        device.tried.add(schedule);
        device.now += device.nanos.getOrDefault(schedule, 1_000_000L);
        switch (device.fates.getOrDefault(schedule, Fate.RIGHT)) {
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
