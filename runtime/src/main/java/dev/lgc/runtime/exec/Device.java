package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.runtime.io.FileRange;
import dev.lgc.runtime.memory.MemoryNeed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Something that runs plans. */
public interface Device extends AutoCloseable {
  /** For reports, such as {@code cpu (2 threads, 16 lanes)}. */
  String name();

  /** The same without its threads: ranks with devices of one kind compute the same bits. */
  default String kind() {
    return name().replaceFirst("\\d+ threads, ", "");
  }

  /** Allocates a plan's memory, with its constants in place, and makes the plan ready to run. */
  Program load(ExecutionPlan plan);

  /**
   * The same of a plan whose parameters are in a file.
   *
   * @param parameters the arena PARAMETERS as the plan lays it out; no step may write there
   * @throws dev.lgc.runtime.io.BadInputException if the file cannot be read
   */
  default Program load(ExecutionPlan plan, FileRange parameters) {
    Program program = load(plan);
    try (Arena mapping = Arena.ofShared()) {
      MemorySegment file = parameters.map(mapping);
      for (StoredTensor t : plan.storage(dev.lgc.compiler.plan.Arena.PARAMETERS)) {
        Slot s = t.slot();
        program.pull(s);
        program.memory().segment(s).copyFrom(file.asSlice(s.offset(), s.type().bytes()));
        program.push(s);
      }
      return program;
    } catch (RuntimeException | Error e) {
      program.close();
      throw e;
    }
  }

  /**
   * Makes a step's code ahead, where the device can do that at any time: while the plan is being
   * loaded, and by another thread than the one that will run it.
   */
  default void prepare(ExecutionPlan plan, String step) {}

  /**
   * Returns true if weights that are read to draw codes shall be packed, in panels of some columns:
   * where one thread reads a line of memory, rather than many threads a part of it each.
   */
  default boolean readsPackedWeights() {
    return false;
  }

  /**
   * Returns true if products of BF16 factors are faster than those of F32: if functions of models
   * with weights in BF16 shall be computed so.
   */
  default boolean multipliesBf16() {
    return false;
  }

  /** The memory of a process in which this device runs plans that are loaded at once. */
  default MemoryNeed need(List<ExecutionPlan> plans) {
    return MemoryNeed.of(plans);
  }

  @Override
  void close();
}
