package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.FileRange;
import dev.lgc.runtime.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A plan with its memory and code: what training, sampling and serving run. One thread at a time.
 *
 * <p>Inputs and outputs stay valid, and stay where they are, until the session closes: a run reads
 * the ones and leaves the others there. Stored tensors may live on a device with memory of its own,
 * so a view of one is lent until the next run, and says whether it is for reading or for changing;
 * a view that is kept longer throws {@link IllegalStateException}, one that was lent for reading
 * refuses to be written. This holds on every device, so that a mistake shows on the CPU.
 */
public final class Session implements AutoCloseable {
  private final ExecutionPlan plan;
  private final Program program;
  private final Map<String, Slot> storage = new HashMap<>();
  private CallObserver observer;
  private BooleanSupplier stop;

  /** The lifetime of the views of stored tensors that are out now; null when none are. */
  private Arena lent;

  private Session(ExecutionPlan plan, Program program) {
    this.plan = plan;
    this.program = program;
    for (StoredTensor t : plan.storage()) {
      storage.put(t.name(), t.slot());
    }
    unobserved();
  }

  /** Allocates a plan's memory and loads it on a device, which must outlive the session. */
  public static Session open(ExecutionPlan plan, Device device) {
    return of(plan, device.load(plan));
  }

  /** The same of a plan whose parameters are in a file: see {@link Device#load}. */
  public static Session open(ExecutionPlan plan, FileRange parameters, Device device) {
    return of(plan, device.load(plan, parameters));
  }

  /** Runs a plan that has been loaded; closes it in the end. */
  public static Session of(ExecutionPlan plan, Program program) {
    return new Session(plan, program);
  }

  public ExecutionPlan plan() {
    return plan;
  }

  /** The memory to which the caller writes an input before running the step. */
  public MemorySegment input(String step, String name) {
    return inputTensor(step, name).data();
  }

  public Tensor inputTensor(String step, String name) {
    return program.memory().tensor(slot(plan.step(step).inputs(), name, "input", step));
  }

  /** The memory in which the caller finds an output after running the step. */
  public MemorySegment output(String step, String name) {
    return outputTensor(step, name).data();
  }

  public Tensor outputTensor(String step, String name) {
    return program.memory().tensor(slot(plan.step(step).outputs(), name, "output", step));
  }

  /** A stored tensor, by {@link StoredTensor#name()}, to read until the next run. */
  public MemorySegment storage(String key) {
    Slot slot = stored(key);
    program.pull(slot);
    return lend(slot).asReadOnly();
  }

  /** {@link #storage} with its type. */
  public Tensor storageTensor(String key) {
    return new Tensor(stored(key).type(), storage(key));
  }

  /** A stored tensor, by {@link StoredTensor#name()}, to read and change until the next run. */
  public MemorySegment editStorage(String key) {
    Slot slot = stored(key);
    program.pull(slot);
    program.push(slot);
    return lend(slot);
  }

  /** {@link #editStorage} with its type. */
  public Tensor editStorageTensor(String key) {
    return new Tensor(stored(key).type(), editStorage(key));
  }

  private Slot stored(String key) {
    return slot(storage, key, "stored tensor", plan.model());
  }

  private MemorySegment lend(Slot slot) {
    if (lent == null) {
      lent = Arena.ofShared();
    }
    return program.memory().segment(slot).reinterpret(lent, null);
  }

  private void takeBack() {
    if (lent != null) {
      lent.close();
      lent = null;
    }
  }

  /** Compiles a step's kernels now rather than at its first run. */
  public void prepare(String step) {
    plan.step(step);
    program.prepare(step);
  }

  /**
   * Runs a step.
   *
   * @throws StoppedException where {@link #unlessStopped} ended it
   * @throws StepFault when an index is outside of its tensor, or the guard finds a number gone
   *     wrong
   */
  public void run(String step) {
    takeBack();
    if (stop == null) {
      program.run(step, observer);
    } else if (!program.run(step, observer, stop)) {
      throw new StoppedException();
    }
  }

  /**
   * Does {@code work}, whose runs end early, between two kernels, once {@code stop} says so; what
   * their step writes is undefined then. On some devices they end with their step all the same.
   *
   * <p>Work within such work ends once either says so: the outer one's {@code stop} ends both.
   *
   * @param stop asked before every kernel
   * @return what {@code work} gives; nothing if it was ended by a {@link StoppedException}
   * @throws StoppedException if it is within other such work, which is to end
   */
  public <T> Optional<T> unlessStopped(BooleanSupplier stop, Supplier<T> work) {
    BooleanSupplier outer = this.stop;
    this.stop = outer == null ? stop : () -> outer.getAsBoolean() || stop.getAsBoolean();
    try {
      return Optional.of(work.get());
    } catch (StoppedException e) {
      if (outer != null && outer.getAsBoolean()) {
        throw e;
      }
      return Optional.empty();
    } finally {
      this.stop = outer;
    }
  }

  /** Returns true if the device can end a run early: see {@link #unlessStopped}. */
  public boolean endsEarly() {
    return program.endsEarly();
  }

  /** Times every kernel call from now on. */
  public Profiler profile() {
    Profiler p = new Profiler(plan);
    observer = p;
    return p;
  }

  /** From now on stops at the first NaN (or infinity) that a kernel writes. */
  public final void guard(boolean infinities) {
    observer =
        new NumericGuard(
            plan,
            slot -> {
              program.pull(slot);
              return program.memory().tensor(slot);
            },
            infinities);
  }

  /** Ends {@link #profile} or {@link #guard}, unless {@link Debug#GUARD} is on. */
  public final void unobserved() {
    observer = null;
    if (Debug.GUARD.isOn()) {
      guard(false);
    }
  }

  private static Slot slot(Map<String, Slot> slots, String name, String kind, String of) {
    Slot s = slots.get(name);
    if (s == null) {
      throw new IllegalArgumentException(
          Text.format("no %s %s of %s: there are %s", kind, name, of, slots.keySet()));
    }
    return s;
  }

  @Override
  public void close() {
    takeBack();
    program.close();
  }
}
