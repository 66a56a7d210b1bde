package dev.lgc.compiler.emit.jvm;

import java.util.List;

/**
 * The launch of a kernel's code: how much there is to do, and the memory it needs.
 *
 * @param units number of units of each phase; threads share them out, some neighbours at a time
 * @param sharedBytes memory for all threads together, 64-byte aligned
 * @param scratchBytes memory for each thread, 64-byte aligned
 * @param work rough number of instructions of the whole kernel: little work is not worth waking
 *     threads for
 */
public record Launch(List<Long> units, long sharedBytes, long scratchBytes, long work) {
  public Launch {
    units = List.copyOf(units);
  }
}
