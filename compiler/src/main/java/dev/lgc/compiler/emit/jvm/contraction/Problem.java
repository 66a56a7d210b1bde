package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;
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
    return Axis.positions(rows);
  }

  long columnCount() {
    return Axis.positions(columns);
  }

  long depthCount() {
    return Axis.positions(depth);
  }

  long outerCount() {
    return Axis.positions(outer);
  }

  /** Multiplications and additions, each counted as one operation. */
  long flops() {
    return 2 * outerCount() * rowCount() * columnCount() * depthCount();
  }

  /** Whether both factors are F32 in memory. */
  boolean isFloat() {
    return a.isFloat() && b.isFloat();
  }

  /** Whether both factors are F32 in memory, or both BF16. */
  boolean isAlike() {
    return a.dtype() == b.dtype() && a.dtype() != DType.I8;
  }

  /**
   * The kernel as a contraction, when it is one sum of products of two loads and nothing else: of
   * F32, or of narrower numbers that are converted to it.
   */
  static Optional<Problem> of(Kernel kernel) {
    return SumOfProducts.of(kernel).flatMap(p -> of(p, kernel));
  }

  /** The same with the kernel's own axes: the gradient of a strided convolution in one piece. */
  static Optional<Problem> asWritten(Kernel kernel) {
    return SumOfProducts.asWritten(kernel).flatMap(p -> of(p, kernel));
  }

  private static Optional<Problem> of(SumOfProducts p, Kernel kernel) {
    return kernel.buffers().get(p.target().buffer()).dtype() == DType.F32
        ? of(p)
        : Optional.empty();
  }

  private static Optional<Problem> of(SumOfProducts p) {
    Optional<Source> a = Source.of(p.a());
    Optional<Source> b = Source.of(p.b());
    boolean ascending = p.at().strides().values().stream().allMatch(stride -> stride > 0);
    if (a.isEmpty() || b.isEmpty() || !p.at().isPure() || !ascending) {
      return Optional.empty();
    }
    int c = p.target().buffer();
    return Optional.of(
        new Problem(p.outer(), p.rows(), p.columns(), p.depth(), a.get(), b.get(), c, p.at()));
  }
}
