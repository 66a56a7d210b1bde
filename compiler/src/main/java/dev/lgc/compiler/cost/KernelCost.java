package dev.lgc.compiler.cost;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SegmentedSum;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads a kernel's cost off its algorithm. */
final class KernelCost {
  private final Kernel kernel;
  private final long[] touched;
  private final long[] stored;
  private long operations;
  private long products;
  private long rounded;

  private KernelCost(Kernel kernel) {
    this.kernel = kernel;
    this.touched = new long[kernel.buffers().size()];
    this.stored = new long[kernel.buffers().size()];
  }

  /** The cost of one call of {@code kernel}. */
  static Cost of(Kernel kernel) {
    return new KernelCost(kernel).cost();
  }

  private Cost cost() {
    long space = Axis.positions(kernel.space());
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage s = kernel.stages().get(i);
      long results = Math.multiplyExact(space, points(s, s.axes()));
      long points =
          Math.multiplyExact(results, points(s, s.reduction())) / SumOfProducts.skipped(s);
      Optional<SegmentedSum> sum = SegmentedSum.of(kernel, i, null);
      if (sum.isPresent()) {
        points /= sum.get().row().extent(); // a row visits the positions with its label only
      }
      visit(s.value(), points, Collections.newSetFromMap(new IdentityHashMap<>()));
      if (s.reducer() != Reducer.NONE && s.value().dtype().isFloat()) {
        operations += points;
      }
      Optional<SumOfProducts> product = product(s);
      if (product.isPresent()) {
        products += 2 * points;
        rounded += isRounded(product.get().a()) && isRounded(product.get().b()) ? 2 * points : 0;
      }
      if (s.target() instanceof Stage.Target.Store store) {
        touched[store.buffer()] += results;
        stored[store.buffer()] += results;
        visit(store.index(), results, Collections.newSetFromMap(new IdentityHashMap<>()));
      }
    }
    long bytes = 0;
    long updated = 0;
    for (int i = 0; i < touched.length; i++) {
      Buffer b = kernel.buffers().get(i);
      boolean inPlace = b.access() == Buffer.Access.READ_WRITE;
      bytes += Math.min(touched[i], (inPlace ? 2 : 1) * b.elements()) * b.dtype().bytes();
      updated += inPlace ? Math.min(stored[i], b.elements()) * b.dtype().bytes() : 0;
    }
    return new Cost(operations, products, rounded, bytes, updated, 1);
  }

  /** A stage as sums of products, both of whose factors are used many times. */
  private Optional<SumOfProducts> product(Stage s) {
    Optional<SumOfProducts> p =
        kernel.stages().size() == 1 ? SumOfProducts.of(kernel) : SumOfProducts.of(kernel, s);
    return p.filter(SumOfProducts::isOfMatrices);
  }

  /** Returns true if a factor is BF16 in memory. */
  private static boolean isRounded(Scalar factor) {
    return factor instanceof Scalar.Apply(Function f, _, List<Scalar> x)
        && f == Function.TO_F32
        && x.getFirst() instanceof Scalar.Load l
        && l.dtype() == DType.BF16;
  }

  private void visit(Scalar s, long points, Set<Scalar> seen) {
    if (!seen.add(s)) {
      return;
    }
    switch (s) {
      case Scalar.Apply a -> {
        // What positions alone say, a weight that a row has, is chosen once for many elements.
        boolean real =
            (a.dtype().isFloat() || a.operands().getFirst().dtype().isFloat()) && !isChoice(a);
        operations += real && !a.function().isConversion() ? points : 0;
      }
      case Scalar.Load l -> touched[l.operand()] += points;
      case Scalar.Uniform u -> operations += 10 * points; // a quarter of a Philox block
      case Scalar.Literal l -> {}
      case Scalar.AxisIndex a -> {}
      case Scalar.Local l -> {}
    }
    s.children().forEach(c -> visit(c, points, seen));
  }

  /** Returns true if an expression is one of several literals, by position. */
  private static boolean isChoice(Scalar s) {
    return s instanceof Scalar.Literal
        || (s instanceof Scalar.Apply(Function f, _, List<Scalar> x)
            && f == Function.SELECT
            && Expressions.loadsOf(x.get(0)).isEmpty()
            && isChoice(x.get(1))
            && isChoice(x.get(2)));
  }

  private static long points(Stage s, List<Axis> axes) {
    long n = 1;
    for (Axis a : axes) {
      // Of a loop with a bound the mean over all bounds it may have.
      n = Math.multiplyExact(n, s.bound(a).isPresent() ? middle(a) : a.extent());
    }
    return n;
  }

  private static long middle(Axis a) {
    return (a.extent() + 1L) / 2;
  }
}
