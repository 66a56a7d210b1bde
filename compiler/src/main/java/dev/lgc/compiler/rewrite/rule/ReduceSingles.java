package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Reduce;
import dev.lgc.compiler.op.Terms;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.List;

/** Axes of size 1 need no reducing: {@code sum[b, 1, n] over 1, 2 → sum[b, n] over 1}. */
record ReduceSingles() implements Simplifier.Rule {
  @Override
  public int apply(Simplifier t, Op op, int[] x) {
    if (!(op instanceof Reduce r)) {
      return Terms.NONE;
    }
    Shape s = t.type(x[0]).shape();
    if (r.axes().stream().noneMatch(a -> s.dim(a) == 1)) {
      return Terms.NONE;
    }
    List<Integer> dims = new ArrayList<>();
    List<Integer> axes = new ArrayList<>();
    for (int i = 0; i < s.rank(); i++) {
      boolean reduced = r.axes().contains(i);
      if (reduced && s.dim(i) == 1) {
        continue;
      }
      if (reduced) {
        axes.add(dims.size());
      }
      dims.add(s.dim(i));
    }
    return t.reduce(r.reducer(), t.reshape(x[0], new Shape(dims)), axes);
  }
}
