package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A kernel as {@code C[outer, rows, columns] = Σ over depth of A · B}, where A does not depend on
 * the columns and B does not depend on the rows. The factors may be any expressions: guarded loads
 * make it a convolution.
 *
 * @param outer axes of both factors, or of none
 * @param rows axes of A only, slowest in C first
 * @param columns axes of B only, slowest in C first
 */
record Product(
    List<Axis> outer,
    List<Axis> rows,
    List<Axis> columns,
    List<Axis> depth,
    Scalar a,
    Scalar b,
    Stage.Target.Store target) {
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

  /** The same with the sides exchanged. */
  Product swapped() {
    return new Product(outer, columns, rows, depth, b, a, target);
  }

  /** Whether neighbours in a factor's memory are neighbours on these axes rather than on others. */
  static boolean isDense(Scalar factor, List<Axis> axes) {
    Axis last = last(axes);
    return last != null
        && Expressions.loadsOf(factor).stream()
            .anyMatch(l -> Affine.of(l.index().getFirst()).stride(last) == 1);
  }

  private static Axis last(List<Axis> axes) {
    return axes.reversed().stream().filter(a -> a.extent() > 1).findFirst().orElse(null);
  }

  /** The kernel as a product, when it is one sum of products and nothing else. */
  static Optional<Product> of(Kernel kernel) {
    if (kernel.stages().size() != 1) {
      return Optional.empty();
    }
    Stage s = kernel.stages().getFirst();
    if (s.reducer() != Reducer.SUM
        || !s.axes().isEmpty()
        || !(s.target() instanceof Stage.Target.Store target)
        || !(s.value() instanceof Scalar.Apply(Function f, DType type, List<Scalar> factors))
        || f != Function.MUL
        || type != DType.F32) {
      return Optional.empty();
    }
    Affine at = Affine.of(target.index());
    Expressions expressions = new Expressions();
    Scalar x = expressions.unique(factors.get(0));
    Scalar y = expressions.unique(factors.get(1));
    List<Axis> outer = new ArrayList<>();
    List<Axis> ofX = new ArrayList<>();
    List<Axis> ofY = new ArrayList<>();
    List<Axis> space = new ArrayList<>(kernel.space());
    space.sort(Comparator.comparingLong(axis -> -at.stride(axis)));
    for (Axis axis : space) {
      boolean inX = expressions.axes(x).contains(axis);
      boolean inY = expressions.axes(y).contains(axis);
      (inX == inY ? outer : inX ? ofX : ofY).add(axis);
    }
    Product p = new Product(outer, ofX, ofY, s.reduction(), x, y, target);
    return Optional.of(fastest(ofX, at) < fastest(ofY, at) ? p.swapped() : p);
  }

  private static long fastest(List<Axis> axes, Affine at) {
    return axes.stream()
        .filter(axis -> axis.extent() > 1)
        .mapToLong(at::stride)
        .min()
        .orElse(Long.MAX_VALUE);
  }
}
