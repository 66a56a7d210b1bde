package dev.lgc.runtime.device.tornado;

import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.emit.tornado.Schedule;
import dev.lgc.compiler.emit.tornado.Scheduler;
import dev.lgc.compiler.emit.tornado.TornadoEmitter;
import dev.lgc.compiler.emit.tornado.UnsupportedException;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.tune.Tunable;
import dev.lgc.runtime.tune.Tuning;
import dev.lgc.runtime.tune.TuningKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

/** A GPU (or whatever else TornadoVM finds): kernels emitted for TornadoVM, compiled by it. */
public final class TornadoDevice implements Tunable {
  /** Work-items of a group at most. */
  private static final int GROUP_ITEMS = 1024;

  private static final int GROUPS_PER_UNIT = 8;

  private final Tornado tornado;
  private final Tornado.Found found;
  private final Function<TuningKey, Tuning> tunings;

  private TornadoDevice(Tornado tornado, Tornado.Found found, Function<TuningKey, Tuning> tunings) {
    this.tornado = tornado;
    this.found = found;
    this.tunings = tunings;
  }

  /** Whether this JVM was started so that it can use such devices: with {@link Sdk#flags}. */
  public static boolean isPossible() {
    return Tornado.isHere();
  }

  /**
   * All devices, in TornadoVM's order.
   *
   * @param tunings what has been measured of a device; asked whenever a plan is loaded
   * @throws BadInputException if TornadoVM cannot be used or finds none
   */
  public static List<TornadoDevice> all(Function<TuningKey, Tuning> tunings) {
    Tornado tornado = Tornado.load();
    return tornado.devices().stream().map(f -> new TornadoDevice(tornado, f, tunings)).toList();
  }

  @Override
  public String name() {
    return Text.format(
        "tornado:%d (%s, %s, %.1f GB)",
        found.number(), found.name(), found.backend(), found.bytes() / 1e9);
  }

  /** Its number among {@link #all}, as in {@code tornado:0}. */
  public int number() {
    return found.number();
  }

  /** TornadoVM's backend, such as {@code opencl}. */
  public String backend() {
    return found.backend();
  }

  /** Whether it is a GPU, and not a processor that poses as a device. */
  public boolean isGpu() {
    return found.gpu();
  }

  /** Bytes of its memory. */
  public long memoryBytes() {
    return found.bytes();
  }

  Tornado tornado() {
    return tornado;
  }

  Tornado.Found found() {
    return found;
  }

  private DeviceLimits limits() {
    return new DeviceLimits(
        Integer.highestOneBit(Math.min(GROUP_ITEMS, found.groupItems())),
        (int) Math.min(found.localBytes(), DeviceLimits.PORTABLE.localBytes()),
        Math.max(DeviceLimits.PORTABLE.groups(), GROUPS_PER_UNIT * found.units()),
        found.arrayBytes());
  }

  /**
   * {@inheritDoc}
   *
   * @throws BadInputException if the plan does something that this target cannot, or its memory
   *     does not suffice
   */
  @Override
  public Program load(ExecutionPlan plan) {
    return program(plan, List.copyOf(plan.steps().keySet()), tuned(plan));
  }

  /**
   * What TornadoVM makes of a step's kernels: OpenCL C or PTX, one after the other.
   *
   * @throws BadInputException as {@link #load} does
   */
  public String kernels(ExecutionPlan plan, String step) {
    try (TornadoProgram p = program(plan, List.of(step), tuned(plan))) {
      return p.kernels(step);
    }
  }

  @Override
  public TuningKey tuningKey() {
    String sdk = Sdk.isNamed(System.getenv()) ? Sdk.find(System.getenv()).version() : "";
    String driver = Text.format("TornadoVM %s, %s %s", sdk, found.backend(), found.driver());
    return new TuningKey(found.name(), driver, Scheduler.FORMAT);
  }

  @Override
  public List<String> ways(Kernel kernel) {
    return Scheduler.candidates(kernel, limits()).stream().map(Schedule::text).toList();
  }

  @Override
  public Program load(ExecutionPlan plan, List<String> ways) {
    return program(
        plan,
        List.copyOf(plan.steps().keySet()),
        k -> schedule(plan.kernels().get(k), Optional.of(ways.get(k))));
  }

  private IntFunction<Schedule> tuned(ExecutionPlan plan) {
    Tuning tuning = tunings.apply(tuningKey());
    return k -> {
      Kernel kernel = plan.kernels().get(k);
      return schedule(kernel, tuning.found(kernel).map(Tuning.Found::way));
    };
  }

  /** The schedule of a text; that of an unknown one is the guess. */
  private Schedule schedule(Kernel kernel, Optional<String> way) {
    return way.stream()
        .flatMap(
            w -> Scheduler.candidates(kernel, limits()).stream().filter(s -> s.text().equals(w)))
        .findFirst()
        .orElseGet(() -> Scheduler.choose(kernel, limits()));
  }

  private TornadoProgram program(
      ExecutionPlan plan, List<String> steps, IntFunction<Schedule> schedules) {
    DeviceLayout layout;
    Map<String, List<DeviceTask>> tasks = new LinkedHashMap<>();
    try {
      layout = DeviceLayout.of(plan, limits(), schedules);
      fits(plan.model(), layout.totalBytes(), found);
      steps.forEach(n -> tasks.put(n, TornadoEmitter.emit(plan, layout, n)));
    } catch (UnsupportedException e) {
      throw new BadInputException(
          name() + " cannot run " + plan.model() + ": " + e.getMessage(),
          "",
          "use --device cpu",
          e);
    }
    return new TornadoProgram(this, plan, layout, tasks);
  }

  /** Refuses what would fail in the middle of a run. */
  static void fits(String model, long bytes, Tornado.Found device) {
    if (bytes > device.bytes()) {
      throw new BadInputException(
          Text.format("%s takes %.1f GB on the device", model, bytes / 1e9),
          Text.format("%.1f GB at most, which %s has", device.bytes() / 1e9, device.name()),
          "use a smaller batch, or more micro_batches; `lgc plan` says what takes how much");
    }
  }

  @Override
  public void close() {}
}
