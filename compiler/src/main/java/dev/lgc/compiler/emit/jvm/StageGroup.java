package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import java.util.List;

/**
 * Neighbouring stages of a kernel that are to run as one kernel.
 *
 * @param stages their numbers
 * @param rows the first axes of each, which they share
 */
record StageGroup(List<Integer> stages, List<Axis> rows) {
  StageGroup {
    stages = List.copyOf(stages);
    rows = List.copyOf(rows);
  }
}
