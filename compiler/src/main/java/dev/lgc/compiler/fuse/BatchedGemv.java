package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Contractions that are batched matrix-vector products, each vector with a matrix of its own:
 * attention over a cache, one query at a time. Tiles gain nothing there, since every element of the
 * matrix is used once; being part of a kernel over rows does.
 */
final class BatchedGemv {
  private BatchedGemv() {}

  /**
   * The axes of a contraction's result that number its vectors, if it is of this kind; else none.
   */
  static Set<Axis> rows(Algorithm a, FusionLimits limits) {
    List<Set<Axis>> factors = factors(a.value());
    if (factors.size() != 2) {
      return Set.of();
    }
    Set<Axis> shared = new LinkedHashSet<>();
    List<Set<Axis>> own = List.of(new LinkedHashSet<>(), new LinkedHashSet<>());
    for (Axis x : a.space()) {
      if (x.extent() == 1) {
        continue;
      }
      boolean left = factors.get(0).contains(x);
      boolean right = factors.get(1).contains(x);
      if (left && right) {
        shared.add(x);
      } else if (left || right) {
        own.get(left ? 0 : 1).add(x);
      }
    }
    Set<Axis> fewer =
        Axis.positions(own.get(0)) <= Axis.positions(own.get(1)) ? own.get(0) : own.get(1);
    if (shared.isEmpty()
        || Axis.positions(fewer) > limits.maxVectors()
        || Axis.positions(shared) * Axis.positions(fewer) < limits.minRows()) {
      return Set.of();
    }
    shared.addAll(fewer);
    return shared;
  }

  /** The axes of each of two loads that are multiplied, indexed by plain axes; else none. */
  private static List<Set<Axis>> factors(Scalar value) {
    List<Set<Axis>> factors = new ArrayList<>();
    if (value instanceof Scalar.Apply p && p.function() == Function.MUL) {
      for (Scalar s : p.operands()) {
        Set<Axis> axes = new LinkedHashSet<>();
        if (!(s instanceof Scalar.Load l) || l.guard().isPresent()) {
          return List.of();
        }
        for (Scalar i : l.index()) {
          if (!(i instanceof Scalar.AxisIndex x)) {
            return List.of();
          }
          axes.add(x.axis());
        }
        factors.add(axes);
      }
    }
    return factors;
  }
}
