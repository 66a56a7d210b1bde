package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.List;

/**
 * One step of a kernel at a point of its space: {@code target[axes] = reducer over reduction of
 * value}.
 *
 * @param target where the result goes; Local needs {@code axes} empty, Scratch has the axes'
 *     extents
 * @param axes inner loops
 * @param reduction axes reduced
 * @param reducer NONE exactly when {@code reduction} is empty
 * @param value over the kernel's space, the axes and the reduction axes
 */
public record Stage(
    Target target, List<Axis> axes, List<Axis> reduction, Reducer reducer, Scalar value) {
  public Stage {
    axes = List.copyOf(axes);
    reduction = List.copyOf(reduction);
    if (reduction.isEmpty() != (reducer == Reducer.NONE)) {
      throw new IllegalArgumentException("reducer " + reducer + " over " + reduction);
    }
    if (target instanceof Target.Local && !axes.isEmpty()) {
      throw new IllegalArgumentException("a local has no axes");
    }
  }

  /** Where a stage's result goes. */
  public sealed interface Target {
    /**
     * One value per point of the space, read by later stages as {@code Scalar.Local(number, dtype,
     * [])}.
     */
    record Local(int number, DType dtype) implements Target {}

    /**
     * An array per point of the space, read by later stages as {@code Scalar.Local(number, dtype,
     * index)}.
     */
    record Scratch(int number, DType dtype, List<Integer> extents) implements Target {}

    /** An element of a buffer, by linear element index. */
    record Store(int buffer, Scalar index) implements Target {}
  }
}
