package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A kernel seen as {@code C[batch, rows, columns] = Σ over depth of A[batch, rows, depth] ·
 * B[batch, columns, depth]}, followed by stages that work on one element of C at a time.
 * Convolutions are contractions whose loads are guarded or whose strides along rows and depth
 * overlap.
 *
 * @param stage number of the summing stage in the kernel
 * @param batch space axes that both operands are indexed by, in space order
 * @param rows space axes of the left operand only
 * @param columns space axes of the right operand only
 * @param depth reduction axes, in order
 */
public record ContractionShape(
    int stage,
    List<Axis> batch,
    List<Axis> rows,
    List<Axis> columns,
    List<Axis> depth,
    Operand left,
    Operand right) {
  public ContractionShape {
    batch = List.copyOf(batch);
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    depth = List.copyOf(depth);
  }

  /**
   * One factor.
   *
   * @param load the load, with its guard
   * @param index its index; {@link Affine#isPure} always holds
   */
  public record Operand(Scalar.Load load, Affine index) {
    public int buffer() {
      return load.operand();
    }

    public Optional<Scalar> guard() {
      return load.guard();
    }
  }

  /** Multiplications and additions of the whole kernel, each counted as one operation. */
  public long flops() {
    return 2 * size(batch) * size(rows) * size(columns) * size(depth);
  }

  /** Number of positions on some axes together. */
  public static long size(List<Axis> axes) {
    return axes.stream().mapToLong(Axis::extent).reduce(1, Math::multiplyExact);
  }

  /**
   * The kernel as a contraction, when exactly one stage reduces, by a sum of products of two affine
   * loads over the kernel's space, and every space axis belongs to an operand.
   */
  public static Optional<ContractionShape> of(Kernel kernel) {
    int found = -1;
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage s = kernel.stages().get(i);
      if (s.reducer() != Reducer.NONE) {
        if (found >= 0 || s.reducer() != Reducer.SUM || !s.axes().isEmpty()) {
          return Optional.empty();
        }
        found = i;
      } else if (!s.axes().isEmpty()) {
        return Optional.empty();
      }
    }
    return found < 0 ? Optional.empty() : of(kernel, found);
  }

  private static Optional<ContractionShape> of(Kernel kernel, int number) {
    Stage stage = kernel.stages().get(number);
    if (!(stage.value() instanceof Scalar.Apply(Function f, _, List<Scalar> factors))
        || f != Function.MUL
        || !(factors.get(0) instanceof Scalar.Load a)
        || !(factors.get(1) instanceof Scalar.Load b)) {
      return Optional.empty();
    }
    Operand left = new Operand(a, Affine.of(a.index().getFirst()));
    Operand right = new Operand(b, Affine.of(b.index().getFirst()));
    if (!left.index().isPure() || !right.index().isPure()) {
      return Optional.empty();
    }
    List<Axis> batch = new ArrayList<>();
    List<Axis> rows = new ArrayList<>();
    List<Axis> columns = new ArrayList<>();
    for (Axis axis : kernel.space()) {
      boolean inLeft = uses(left, axis);
      boolean inRight = uses(right, axis);
      if (!inLeft && !inRight) {
        return Optional.empty();
      }
      (inLeft && inRight ? batch : inLeft ? rows : columns).add(axis);
    }
    return Optional.of(
        new ContractionShape(number, batch, rows, columns, stage.reduction(), left, right));
  }

  private static boolean uses(Operand operand, Axis axis) {
    return operand.index().stride(axis) != 0
        || operand.guard().filter(g -> Terms.uses(g, axis)).isPresent();
  }
}
