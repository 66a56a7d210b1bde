package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.runtime.tensor.PlanMemory;
import dev.lgc.runtime.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * A plan with its memory and code: what training, sampling and serving run. One thread at a time.
 *
 * <p>Segments stay valid, and stay where they are, until the session closes.
 */
public final class Session implements AutoCloseable {
  private final ExecutionPlan plan;
  private final PlanMemory memory;
  private final Program program;
  private final Map<String, Slot> storage = new HashMap<>();
  private CallObserver observer;

  private Session(ExecutionPlan plan, PlanMemory memory, Program program) {
    this.plan = plan;
    this.memory = memory;
    this.program = program;
    for (StoredTensor t : plan.storage()) {
      storage.put(t.key(), t.slot());
    }
  }

  /** Allocates a plan's memory and loads it on a device, which must outlive the session. */
  public static Session open(ExecutionPlan plan, Device device) {
    PlanMemory memory = new PlanMemory(plan);
    try {
      return new Session(plan, memory, device.load(plan, memory));
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  public ExecutionPlan plan() {
    return plan;
  }

  public PlanMemory memory() {
    return memory;
  }

  /** Where the caller writes an input before running the step. */
  public MemorySegment input(String step, String name) {
    return inputTensor(step, name).data();
  }

  public Tensor inputTensor(String step, String name) {
    return memory.tensor(slot(step(step).inputs(), name, "input", step));
  }

  /** Where the caller finds an output after running the step. */
  public MemorySegment output(String step, String name) {
    return outputTensor(step, name).data();
  }

  public Tensor outputTensor(String step, String name) {
    return memory.tensor(slot(step(step).outputs(), name, "output", step));
  }

  /** A stored tensor, by {@link StoredTensor#key()}. */
  public MemorySegment storage(String key) {
    return storageTensor(key).data();
  }

  public Tensor storageTensor(String key) {
    return memory.tensor(slot(storage, key, "stored tensor", plan.model()));
  }

  /** Compiles a step's kernels now rather than at its first run. */
  public void prepare(String step) {
    step(step);
    program.prepare(step);
  }

  /**
   * Runs a step.
   *
   * @throws StepFault when an index is outside of its tensor, or the guard finds a number gone
   *     wrong
   */
  public void run(String step) {
    program.run(step, observer);
  }

  /** Times every kernel call from now on. */
  public Profiler profile() {
    Profiler p = new Profiler(plan);
    observer = p;
    return p;
  }

  /** From now on stops at the first NaN (or infinity) that a kernel writes. */
  public void guard(boolean infinities) {
    observer = new NumericGuard(plan, memory, infinities);
  }

  /** Ends {@link #profile} or {@link #guard}. */
  public void unobserved() {
    observer = null;
  }

  private Step step(String name) {
    Step s = plan.steps().get(name);
    if (s == null) {
      throw new IllegalArgumentException(
          "no step " + name + " in " + plan.model() + ": it has " + plan.steps().keySet());
    }
    return s;
  }

  private static Slot slot(Map<String, Slot> slots, String name, String kind, String of) {
    Slot s = slots.get(name);
    if (s == null) {
      throw new IllegalArgumentException(
          "no %s %s of %s: there are %s".formatted(kind, name, of, slots.keySet()));
    }
    return s;
  }

  @Override
  public void close() {
    try {
      program.close();
    } finally {
      memory.close();
    }
  }
}
