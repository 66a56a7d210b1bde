package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Optional;

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
 * @param bound where one of its loops may end early
 */
public record Stage(
    Target target,
    List<Axis> axes,
    List<Axis> reduction,
    Reducer reducer,
    Scalar value,
    Optional<Bound> bound) {
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

  /** A stage whose loops all run to their ends. */
  public Stage(
      Target target, List<Axis> axes, List<Axis> reduction, Reducer reducer, Scalar value) {
    this(target, axes, reduction, reducer, value, Optional.empty());
  }

  /**
   * The end of a loop that is known only when the kernel runs. Of {@code axis}, one of the stage's
   * axes or reduction axes, the positions below {@code end} are visited, and no others; all of
   * them, where {@code end} is less than 1 or beyond the axis's extent. So something is always
   * visited.
   *
   * @param end I32, the same for the whole kernel: without axes and locals, over buffers that the
   *     kernel only reads
   */
  public record Bound(Axis axis, Scalar end) {
    /** The number of positions of an axis that are visited, given the value of its end. */
    public static int visited(int end, int extent) {
      return end >= 1 && end < extent ? end : extent;
    }
  }

  /** The bound of an axis, if it has one in this stage. */
  public Optional<Bound> bound(Axis axis) {
    return bound.filter(b -> b.axis().equals(axis));
  }

  /** The same stage with this bound. */
  public Stage to(Optional<Bound> other) {
    return new Stage(target, axes, reduction, reducer, value, other);
  }

  /** The target of a stage's result. */
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
    record Scratch(int number, DType dtype, List<Integer> extents) implements Target {
      /** Elements of the array, for one point. */
      public long elements() {
        return extents.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
      }
    }

    /** An element of a buffer, by linear element index. */
    record Store(int buffer, Scalar index) implements Target {}
  }
}
