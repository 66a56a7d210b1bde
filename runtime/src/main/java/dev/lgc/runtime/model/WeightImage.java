package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.artifact.CompiledPlan;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.DamagedFileException;
import dev.lgc.runtime.io.FileRange;

/**
 * A model's weights as they are in memory, in a file: there is nothing to convert when they are
 * loaded, and nothing to copy where the device computes in memory that a file can be mapped to.
 *
 * @param bytes of the arena PARAMETERS
 * @param crc32 the checksum of those that were written
 * @param laidOut a plan that lays it out so
 * @param option of {@code lgc compile} that selects which weights of a checkpoint they are
 */
public record WeightImage(FileRange bytes, int crc32, CompiledPlan laidOut, String option) {
  /** Bytes whose checksum takes less than a tenth of what a start takes. */
  private static final long CHECKED_AT_START = 256 << 20;

  /** Returns true if they are few enough to be checked whenever they are loaded. */
  boolean isCheckedAtStart() {
    return bytes.bytes() <= CHECKED_AT_START;
  }

  /**
   * Reads all of them.
   *
   * @throws DamagedFileException if they are not those that were written
   */
  public void check() {
    if (bytes.crc32() != crc32) {
      throw new DamagedFileException(
          bytes.path(), "its copy of the weights", "use a copy or compile it again", null);
    }
  }

  /**
   * Returns true if a plan may have it in the place of its own: in the same layout, and only read.
   *
   * @throws BadInputException if the plan that lays it out is not sound
   */
  public boolean fits(ExecutionPlan plan) {
    ExecutionPlan own = Models.plan(laidOut, bytes.path().toString());
    return plan.storage(Arena.PARAMETERS).equals(own.storage(Arena.PARAMETERS))
        && bytes.bytes() == plan.bytes(Arena.PARAMETERS)
        && plan.steps().values().stream().noneMatch(step -> writesParameters(plan, step));
  }

  /** Returns true if a step of a plan changes parameters, or other tensors in their arena. */
  public static boolean writesParameters(ExecutionPlan plan, Step step) {
    return step.calls().stream().anyMatch(call -> writesParameters(plan, call));
  }

  private static boolean writesParameters(ExecutionPlan plan, Call call) {
    for (int s = 0; s < call.slots().size(); s++) {
      if (call.slots().get(s).arena() == Arena.PARAMETERS && plan.writes(call, s)) {
        return true;
      }
    }
    return false;
  }
}
