package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** The choice between {@link DotRows} and {@link ScaledRows}, or neither, for a problem. */
final class RowSelection {
  /** More rows than this are worth packing for, if B is not in panels. */
  static final int MOST_ROWS = 8;

  /** The same where B is narrower; with more, fusion has it widened before. */
  static final int MOST_ROWS_NARROW = 16;

  private RowSelection() {}

  /** Code for a problem that has few rows and the right neighbours, or whose B is in panels. */
  static Optional<RowContraction> of(ImplicitGemm p) {
    boolean narrow = !p.b().isFloat();
    boolean fits = p.a().isPlain() && p.b().isPlain();
    if (!p.a().isFloat() || narrow && RowContraction.LANES < 8 || !fits) {
      return Optional.empty();
    }
    Optional<Long> a = Line.stride(p.depth(), p.a()::stride);
    Optional<Long> b = Line.stride(p.depth(), p.b()::stride);
    if (a.isEmpty() || b.isEmpty()) {
      return Optional.empty();
    }
    if (Math.max(p.rowCount(), p.depthCount()) > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    if (isPanel(p, b.get())) {
      return Optional.of(new ScaledRows(p));
    }
    if (p.rowCount() > (narrow ? MOST_ROWS_NARROW : MOST_ROWS)) {
      return Optional.empty();
    }
    boolean dots = a.get() == 1 && b.get() == 1 && isNear(p) && isWholeVectors(p.depthCount());
    boolean scaled = isOne(p.columns(), p.b()::stride) && isOne(p.columns(), p.target()::stride);
    if (scaled && !(dots && p.columnCount() < RowContraction.LANES)) {
      return Optional.of(new ScaledRows(p));
    }
    return dots ? Optional.of(new DotRows(p)) : Optional.empty();
  }

  /** Returns true if the places of a unit's columns fit in tables of 32 bits. */
  private static boolean isNear(ImplicitGemm p) {
    return reach(p.columns(), p.b()::stride) <= Integer.MAX_VALUE
        && reach(p.columns(), p.target()::stride) <= Integer.MAX_VALUE;
  }

  private static long reach(List<Axis> columns, ToLongFunction<Axis> stride) {
    return new Line(columns).reach(RowContraction.UNIT, Line.strides(columns, stride));
  }

  private static boolean isWholeVectors(long steps) {
    return steps % RowContraction.LANES == 0;
  }

  /**
   * Returns true if B is in panels of as many columns as a unit has, dense in memory, and C has
   * them as neighbours. Any number of rows is then computed without copying.
   */
  private static boolean isPanel(ImplicitGemm p, long stepB) {
    Optional<Axis> panel = Axis.innermost(p.columns());
    return panel.isPresent()
        && panel.get().extent() == RowContraction.UNIT
        && p.b().stride(panel.get()) == 1
        && p.target().stride(panel.get()) == 1
        && stepB == RowContraction.UNIT;
  }

  private static boolean isOne(List<Axis> axes, ToLongFunction<Axis> stride) {
    return Line.stride(axes, stride).filter(s -> s == 1).isPresent();
  }
}
