package dev.lgc.compiler.emit.jvm;

import java.util.List;

/**
 * How a kernel's code wants to be run.
 *
 * @param units number of units of each phase; threads share them out in contiguous ranges
 * @param sharedBytes memory for all threads together, 64-byte aligned
 * @param scratchBytes memory for each thread, 64-byte aligned
 */
public record Launch(List<Long> units, long sharedBytes, long scratchBytes) {
  public Launch {
    units = List.copyOf(units);
  }

  public static Launch of(long units) {
    return new Launch(List.of(units), 0, 0);
  }
}
