package dev.lgc.runtime.tune;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.TensorLayout;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * One kernel, with data for all of its buffers, to be run by several schedules. The first that runs
 * says what the others must result in. All of them are steps of one plan, so that its memory is set
 * up once; after one that fails, it is set up anew.
 */
final class Trial implements AutoCloseable {
  /** By which results may differ, of an element or, where that is larger, of their mean square. */
  static final double TOLERANCE = 1e-4;

  private static final int LEAST_RUNS = 3;
  private static final int MOST_RUNS = 30;
  private static final long NANOS = 50_000_000;

  /** A schedule that takes so much longer than the fastest is not worth a second look. */
  private static final double HOPELESS = 3;

  private final Tunable device;
  private final Kernel kernel;
  private final List<String> schedules;
  private final LongSupplier clock;
  private final ExecutionPlan plan;
  private final java.lang.foreign.Arena memory = java.lang.foreign.Arena.ofShared();
  private final List<MemorySegment> data = new ArrayList<>();
  private final List<MemorySegment> results = new ArrayList<>();
  private Session session;

  /**
   * The outcome of a schedule.
   *
   * @param seconds of a run; empty if it must not be used
   * @param problem why not
   */
  record Outcome(OptionalDouble seconds, String problem) {
    boolean beats(Outcome o, double factor) {
      return seconds.isPresent() && seconds.getAsDouble() < factor * o.seconds.getAsDouble();
    }
  }

  /**
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  Trial(Tunable device, Kernel kernel, List<String> schedules, LongSupplier clock) {
    this.device = device;
    this.kernel = kernel;
    this.schedules = schedules;
    this.clock = clock;
    List<Slot> slots = new ArrayList<>();
    List<StoredTensor> stored = new ArrayList<>();
    long at = 0;
    for (Buffer b : kernel.buffers()) {
      TensorType type = new TensorType(b.dtype(), Shape.of(Math.toIntExact(b.elements())));
      Slot slot = new Slot(Arena.STATE, at, type);
      at += (type.bytes() + 63) / 64 * 64;
      stored.add(
          new StoredTensor(
              new StoredId(StoredId.Role.BUFFER, "b" + slots.size()),
              slot,
              TensorLayout.ROW_MAJOR));
      slots.add(slot);
    }
    Map<String, Step> steps = new LinkedHashMap<>();
    for (int i = 0; i < schedules.size(); i++) {
      KernelCall call = new KernelCall(i, slots, Origin.NONE, kernel.name());
      steps.put(step(i), new Step(StepId.evaluate(step(i)), Map.of(), Map.of(), List.of(call), 0));
    }
    plan =
        new ExecutionPlan(
            kernel.name(),
            stored,
            Map.of(Arena.STATE, Math.max(64, at)),
            List.of(),
            Collections.nCopies(schedules.size(), kernel),
            steps);
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
    for (Slot s : slots) {
      Tensor t = new Tensor(s.type(), memory.allocate(s.type().bytes(), 64));
      TrialValues.fill(t, random);
      data.add(t.data());
    }
    kernel.stages().forEach(s -> s.bound().ifPresent(this::halve));
  }

  /** Has a loop with a bound end about in the middle, as it does on average. */
  private void halve(Stage.Bound bound) {
    for (Scalar.Load l : Expressions.loadsOf(bound.end())) {
      MemorySegment x = data.get(l.operand());
      for (long i = 0; i < x.byteSize() / Integer.BYTES; i++) {
        x.setAtIndex(ValueLayout.JAVA_INT, i, bound.axis().extent() / 2);
      }
    }
  }

  private static String step(int schedule) {
    return "schedule" + schedule;
  }

  /**
   * Runs the kernel by one schedule: once to see its results, then to time it.
   *
   * @param schedule its number
   * @param best the time of the fastest so far
   * @throws RuntimeException if the first schedule of all fails
   */
  Outcome run(int schedule, OptionalDouble best) {
    try {
      if (session == null) {
        session = Session.of(plan, device.load(plan, schedules));
      }
      for (int i = 0; i < data.size(); i++) {
        session.editStorage("b" + i).copyFrom(data.get(i));
      }
      session.run(step(schedule));
      if (results.isEmpty()) {
        keep();
      } else if (!isAsKept()) {
        return new Outcome(OptionalDouble.empty(), "other results");
      }
      return new Outcome(
          OptionalDouble.of(time(step(schedule), best.orElse(Double.MAX_VALUE))), "");
    } catch (VirtualMachineError e) {
      throw e;
    } catch (RuntimeException | Error e) {
      if (results.isEmpty()) {
        throw e;
      }
      closeSession();
      return new Outcome(OptionalDouble.empty(), String.valueOf(e.getMessage()));
    }
  }

  private double time(String step, double best) {
    double least = Double.MAX_VALUE;
    long begin = clock.getAsLong();
    for (int i = 0; i < MOST_RUNS; i++) {
      long start = clock.getAsLong();
      if (i >= LEAST_RUNS && start - begin > NANOS || i > 0 && least > HOPELESS * best) {
        break;
      }
      session.run(step);
      least = Math.min(least, (clock.getAsLong() - start) * 1e-9);
    }
    return least;
  }

  private boolean isWritten(int buffer) {
    return kernel.buffers().get(buffer).access() != Buffer.Access.READ;
  }

  private void keep() {
    for (int i = 0; i < data.size(); i++) {
      MemorySegment copy = MemorySegment.NULL;
      if (isWritten(i)) {
        MemorySegment result = session.storage("b" + i);
        copy = memory.allocate(result.byteSize(), 64).copyFrom(result);
      }
      results.add(copy);
    }
  }

  private boolean isAsKept() {
    for (int i = 0; i < data.size(); i++) {
      if (isWritten(i)) {
        Tensor got = session.storageTensor("b" + i);
        if (!isClose(new Tensor(got.type(), results.get(i)), got)) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isClose(Tensor want, Tensor got) {
    double squares = 0;
    for (long i = 0; i < want.elements(); i++) {
      double x = want.get(i);
      squares += Double.isFinite(x) ? x * x : 0;
    }
    double usual = Math.sqrt(squares / Math.max(1, want.elements()));
    boolean real = want.type().dtype().isFloat();
    for (long i = 0; i < want.elements(); i++) {
      double x = want.get(i);
      double y = got.get(i);
      double most = real ? TOLERANCE * Math.max(Math.abs(x), usual) : 0;
      if (Double.compare(x, y) != 0 && !(Math.abs(x - y) <= most)) {
        return false;
      }
    }
    return true;
  }

  private void closeSession() {
    if (session != null) {
      session.close();
      session = null;
    }
  }

  @Override
  public void close() {
    closeSession();
    memory.close();
  }
}
