package dev.lgc.runtime.device.tornado;

import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.DeviceSchedule;
import dev.lgc.compiler.emit.tornado.DeviceScheduler;
import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.emit.tornado.LayoutBuilder;
import dev.lgc.compiler.emit.tornado.ScheduleCandidates;
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

  private final TornadoContext context;
  private final TornadoDeviceInfo found;
  private final Function<TuningKey, Tuning> tunings;

  private TornadoDevice(
      Tornado tornado, TornadoDeviceInfo found, Function<TuningKey, Tuning> tunings) {
    this.context = new TornadoContext(tornado, found);
    this.found = found;
    this.tunings = tunings;
  }

  /**
   * Returns true if this JVM was started with {@link Sdk#flags}, so that it can use such devices.
   */
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
    return context.name();
  }

  /** Its number among {@link #all}, as in {@code tornado:0}. */
  public int number() {
    return found.number();
  }

  /** TornadoVM's backend, such as {@code opencl}. */
  public String backend() {
    return found.backend();
  }

  /** Returns true if it is a GPU, and not a processor that poses as a device. */
  public boolean isGpu() {
    return found.gpu();
  }

  /** Bytes of its memory. */
  public long memoryBytes() {
    return found.bytes();
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
   * The code that TornadoVM makes of a step's kernels: OpenCL C or PTX, one kernel after the other.
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
    return new TuningKey(found.name(), driver, DeviceScheduler.FORMAT);
  }

  @Override
  public List<String> schedules(Kernel kernel) {
    return ScheduleCandidates.of(kernel, limits()).stream().map(DeviceSchedule::text).toList();
  }

  @Override
  public Program load(ExecutionPlan plan, List<String> schedules) {
    return program(
        plan,
        List.copyOf(plan.steps().keySet()),
        k -> schedule(plan.kernels().get(k), Optional.of(schedules.get(k))));
  }

  private IntFunction<DeviceSchedule> tuned(ExecutionPlan plan) {
    Tuning tuning = tunings.apply(tuningKey());
    return k -> {
      Kernel kernel = plan.kernels().get(k);
      return schedule(kernel, tuning.found(kernel).map(Tuning.Best::schedule));
    };
  }

  /** The schedule of a text; that of an unknown one is the guess. */
  private DeviceSchedule schedule(Kernel kernel, Optional<String> text) {
    return text.stream()
        .flatMap(
            w -> ScheduleCandidates.of(kernel, limits()).stream().filter(s -> s.text().equals(w)))
        .findFirst()
        .orElseGet(() -> DeviceScheduler.choose(kernel, limits()));
  }

  private TornadoProgram program(
      ExecutionPlan plan, List<String> steps, IntFunction<DeviceSchedule> schedules) {
    DeviceLayout layout;
    Map<String, List<DeviceTask>> tasks = new LinkedHashMap<>();
    try {
      layout = LayoutBuilder.layout(plan, limits(), schedules);
      fits(plan.model(), layout.totalBytes(), found);
      steps.forEach(n -> tasks.put(n, TornadoEmitter.emit(plan, layout, n)));
    } catch (UnsupportedException e) {
      throw new BadInputException(
          name() + " cannot run " + plan.model() + ": " + e.getMessage(),
          "",
          "use --device cpu",
          e);
    }
    return new TornadoProgram(context, plan, layout, tasks);
  }

  /** Refuses what would fail in the middle of a run. */
  static void fits(String model, long bytes, TornadoDeviceInfo device) {
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
