package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A kernel as {@code C[outer, rows, columns] = Σ over depth of A[outer, rows, depth] · B[outer,
 * columns, depth]}. Columns are the side whose neighbours are neighbours in C, so that vectors of
 * them can be stored; so A and B are the kernel's factors in either order.
 *
 * @param outer axes both factors are indexed by, or none, slowest in C first
 * @param rows axes of A only, slowest in C first
 * @param columns axes of B only, slowest in C first
 * @param depth reduction axes, in order
 * @param target index into buffer {@code c} of an element
 */
record Problem(
    List<Axis> outer,
    List<Axis> rows,
    List<Axis> columns,
    List<Axis> depth,
    Source a,
    Source b,
    int c,
    Affine target) {
  Problem {
    outer = List.copyOf(outer);
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    depth = List.copyOf(depth);
  }

  long rowCount() {
    return size(rows);
  }

  long columnCount() {
    return size(columns);
  }

  long depthCount() {
    return size(depth);
  }

  long outerCount() {
    return size(outer);
  }

  /** Multiplications and additions, each counted as one operation. */
  long flops() {
    return 2 * outerCount() * rowCount() * columnCount() * depthCount();
  }

  private static long size(List<Axis> axes) {
    return axes.stream().mapToLong(Axis::extent).reduce(1, Math::multiplyExact);
  }

  /**
   * The kernel as a contraction, when it is one sum of products of two F32 loads and nothing else.
   */
  static Optional<Problem> of(Kernel kernel) {
    if (kernel.stages().size() != 1) {
      return Optional.empty();
    }
    Stage stage = kernel.stages().getFirst();
    if (stage.reducer() != Reducer.SUM
        || !stage.axes().isEmpty()
        || !(stage.target() instanceof Stage.Target.Store store)
        || kernel.buffers().get(store.buffer()).dtype() != DType.F32
        || !(stage.value() instanceof Scalar.Apply product)
        || product.function() != Function.MUL
        || !(product.operands().getFirst() instanceof Scalar.Load x)
        || !(product.operands().getLast() instanceof Scalar.Load y)
        || x.dtype() != DType.F32
        || y.dtype() != DType.F32) {
      return Optional.empty();
    }
    Affine target = Affine.of(store.index());
    Optional<Source> left = Source.of(x);
    Optional<Source> right = Source.of(y);
    return left.isPresent() && right.isPresent() && target.isPure()
        ? sides(kernel, stage, left.get(), right.get(), store.buffer(), target)
        : Optional.empty();
  }

  private static Optional<Problem> sides(
      Kernel kernel, Stage stage, Source left, Source right, int c, Affine target) {
    List<Axis> outer = new ArrayList<>();
    List<Axis> rows = new ArrayList<>();
    List<Axis> columns = new ArrayList<>();
    List<Axis> space = new ArrayList<>(kernel.space());
    space.sort(Comparator.comparingLong((Axis axis) -> -target.stride(axis)));
    for (Axis axis : space) {
      boolean inLeft = left.uses(axis);
      boolean inRight = right.uses(axis);
      if (target.stride(axis) < 0) {
        return Optional.empty();
      }
      (inLeft == inRight ? outer : inLeft ? rows : columns).add(axis);
    }
    boolean swap = fastest(rows, target) < fastest(columns, target);
    return Optional.of(
        new Problem(
            outer,
            swap ? columns : rows,
            swap ? rows : columns,
            stage.reduction(),
            swap ? right : left,
            swap ? left : right,
            c,
            target));
  }

  private static long fastest(List<Axis> axes, Affine target) {
    return axes.stream()
        .filter(axis -> axis.extent() > 1)
        .mapToLong(target::stride)
        .min()
        .orElse(Long.MAX_VALUE);
  }
}
