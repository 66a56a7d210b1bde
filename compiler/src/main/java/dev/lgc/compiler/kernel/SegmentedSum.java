package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.List;
import java.util.Optional;

/**
 * A segmented sum, to which only a few positions contribute: {@code out[row] = Σ over p of
 * (label[p] == row ? x : 0)}, the gradient of a table lookup. Targets link the positions with the
 * same label into lists, in ascending order, before the kernel proper; then each row visits its
 * own.
 *
 * <p>In memory: the first position of each row, then the next position after each position; each
 * target has a number of its own for none.
 *
 * @param stage number of the stage
 * @param row the axis of the space that labels are compared with
 * @param label a load over the reduction axes, which may be converted to I32
 * @param value what a position contributes
 */
public record SegmentedSum(int stage, Axis row, Scalar label, Scalar value) {
  /** Below this many positions looking at all of them is as well. */
  private static final long FEW = 8;

  /**
   * The stage as such a sum, if it is one.
   *
   * @param lanes an axis that must not be that of its rows; null for none
   */
  public static Optional<SegmentedSum> of(Kernel kernel, int number, Axis lanes) {
    Stage s = kernel.stages().get(number);
    if (s.reducer() != Reducer.SUM
        || s.bound().isPresent()
        || !s.axes().isEmpty()
        || Axis.positions(s.reduction()) <= FEW
        || Axis.positions(s.reduction()) > Integer.MAX_VALUE // lists are of I32
        || !(s.value() instanceof Scalar.Apply(Function select, _, List<Scalar> parts))
        || select != Function.SELECT
        || !(parts.get(0) instanceof Scalar.Apply(Function equal, _, List<Scalar> sides))
        || equal != Function.EQ
        || !(parts.get(2) instanceof Scalar.Literal zero)
        || zero.value() != 0) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      if (sides.get(i) instanceof Scalar.AxisIndex(Axis row)
          && kernel.space().contains(row)
          && !row.equals(lanes)
          && isLabel(kernel, s, sides.get(1 - i))) {
        return Optional.of(new SegmentedSum(number, row, sides.get(1 - i), parts.get(1)));
      }
    }
    return Optional.empty();
  }

  /** Returns true if a side is a number in memory, or one that was rounded from another type. */
  private static boolean isLabel(Kernel kernel, Stage s, Scalar side) {
    Scalar number =
        side instanceof Scalar.Apply(Function f, _, List<Scalar> x) && f == Function.TO_I32
            ? x.getFirst()
            : side;
    if (!(number instanceof Scalar.Load label)) {
      return false;
    }
    Affine index = Affine.of(label.index().getFirst());
    return label.guard().isEmpty()
        && kernel.buffers().get(label.operand()).access() == Buffer.Access.READ
        && index.isPure()
        && s.reduction().containsAll(index.strides().keySet());
  }

  /** Positions that labels are compared at. */
  public long positions(Kernel kernel) {
    return Axis.positions(kernel.stages().get(stage).reduction());
  }

  /** Bytes of the lists. */
  public long bytes(Kernel kernel) {
    return (4 * (row.extent() + positions(kernel)) + 63) / 64 * 64;
  }
}
