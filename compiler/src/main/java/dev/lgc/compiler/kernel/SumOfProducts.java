package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A kernel as {@code C[outer, rows, columns] = Σ over depth of A · B} ({@link ProductAxes}). The
 * factors may be any expressions: guarded loads make it a convolution. Columns are the side whose
 * neighbours are neighbours in C; so A and B are the kernel's factors in either order.
 *
 * @param target the place of C's elements
 * @param at the index of {@code target}
 */
public record SumOfProducts(
    ProductAxes axes, Scalar a, Scalar b, Stage.Target.Store target, Affine at)
    implements ProductAxes.Of {
  /** True if both factors have several rows or columns, so that each number is used many times. */
  public boolean isOfMatrices() {
    return rowCount() > 1 && columnCount() > 1;
  }

  /** The same with the sides exchanged. */
  public SumOfProducts swapped() {
    return new SumOfProducts(axes.swapped(), b, a, target, at);
  }

  /** True if neighbours in a factor's memory are neighbours on these axes rather than on others. */
  public static boolean isDense(Scalar factor, List<Axis> axes) {
    Optional<Axis> last = Axis.innermost(axes);
    return last.isPresent()
        && Expressions.loadsOf(factor).stream()
            .anyMatch(l -> Affine.of(l.index().getFirst()).stride(last.get()) == 1);
  }

  /**
   * The kernel as a sum of products of floats, when it is one sum of products and nothing else:
   * only of those that a guard lets count, where it lets every second one, say.
   */
  public static Optional<SumOfProducts> of(Kernel kernel) {
    return asWritten(Phases.of(kernel));
  }

  /** The number of positions of a stage's loops of which one counts, because of guards. */
  public static long skipped(Stage stage) {
    return stage.reducer() == Reducer.SUM ? Phases.skipped(stage.value()) : 1;
  }

  /** The same with the kernel's own axes, and with the products that a guard makes 0. */
  public static Optional<SumOfProducts> asWritten(Kernel kernel) {
    if (kernel.stages().size() != 1) {
      return Optional.empty();
    }
    Stage s = kernel.stages().getFirst();
    if (s.reducer() != Reducer.SUM
        || s.bound().isPresent()
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
    ProductAxes axes = new ProductAxes(outer, ofX, ofY, s.reduction());
    SumOfProducts p = new SumOfProducts(axes, x, y, target, at);
    return Optional.of(fastest(ofX, at) < fastest(ofY, at) ? p.swapped() : p);
  }

  /**
   * A stage of a kernel as a sum of products over its own axes, at one point of the kernel's space.
   * The target is a dense array in the order of the axes, whatever the stage's is.
   */
  public static Optional<SumOfProducts> of(Kernel kernel, Stage stage) {
    Scalar dense =
        Expressions.linear(
            stage.axes().stream().<Scalar>map(Scalar::of).toList(),
            stage.axes().stream().map(Axis::extent).toList());
    Stage alone =
        new Stage(
            new Stage.Target.Store(0, dense),
            List.of(),
            stage.reduction(),
            stage.reducer(),
            stage.value(),
            stage.bound());
    return stage.axes().isEmpty()
        ? Optional.empty()
        : asWritten(new Kernel(kernel.name(), kernel.buffers(), stage.axes(), List.of(alone)));
  }

  private static long fastest(List<Axis> axes, Affine at) {
    return axes.stream()
        .filter(axis -> axis.extent() > 1)
        .mapToLong(at::stride)
        .min()
        .orElse(Long.MAX_VALUE);
  }
}
