package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Analysis of the elements that indexes reach: their axes, bijections, equal rows. */
final class IndexAnalysis {
  private IndexAnalysis() {}

  /** The axes of an index that is affine in axes; none if something else occurs in it. */
  static Optional<Set<Axis>> axes(Iterable<QuasiAffine> index) {
    Set<Axis> axes = new LinkedHashSet<>();
    for (QuasiAffine l : index) {
      for (int i = 0; i < l.size(); i++) {
        if (!(l.atom(i) instanceof Scalar.AxisIndex x)) {
          return Optional.empty();
        }
        axes.add(x.axis());
      }
    }
    return Optional.of(axes);
  }

  /** Returns true if an index over its axes visits every element of {@code n} exactly once. */
  static boolean isBijection(NodeAnalysis analysis, int n, List<QuasiAffine> at) {
    QuasiAffine l = analysis.linear(n, at);
    if (!l.isAffine() || l.constant() != 0) {
      return false;
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < l.size(); i++) {
      order.add(i);
    }
    order.sort((i, j) -> Long.compare(l.factor(i), l.factor(j)));
    long next = 1;
    for (int i : order) {
      if (l.factor(i) != next) {
        return false;
      }
      next *= ((Scalar.AxisIndex) l.atom(i)).axis().extent();
    }
    return next == analysis.elements(n);
  }

  /**
   * Returns true if two indexes of {@code n}, at one point of the space, run over the same
   * elements: equal in the space's axes, and the same steps and counts in the others.
   */
  static boolean sameRow(
      NodeAnalysis analysis,
      int n,
      List<QuasiAffine> a,
      List<QuasiAffine> b,
      Predicate<Axis> isSpace) {
    if (a.equals(b)) {
      return true;
    }
    Optional<Row> x = row(analysis.linear(n, a), isSpace);
    return x.isPresent() && x.equals(row(analysis.linear(n, b), isSpace));
  }

  /**
   * The elements that an index runs over at one point of the space.
   *
   * @param start in the space's axes
   * @param steps and counts in the others
   */
  private record Row(QuasiAffine start, List<Long> steps) {}

  private static Optional<Row> row(QuasiAffine l, Predicate<Axis> isSpace) {
    if (!l.isAffine()) {
      return Optional.empty();
    }
    QuasiAffine start = QuasiAffine.constant(l.constant());
    TreeMap<Long, Long> steps = new TreeMap<>();
    for (int i = 0; i < l.size(); i++) {
      Axis axis = ((Scalar.AxisIndex) l.atom(i)).axis();
      if (isSpace.test(axis)) {
        start = start.plus(QuasiAffine.atom(l.atom(i)).times(l.factor(i)));
      } else if (steps.put(l.factor(i), (long) axis.extent()) != null) {
        // Two loops with one step: a sliding window.
        return Optional.empty();
      }
    }
    return Optional.of(new Row(start, merged(steps)));
  }

  /** Steps and counts, contiguous ones joined. */
  private static List<Long> merged(TreeMap<Long, Long> steps) {
    List<Long> merged = new ArrayList<>();
    steps.forEach(
        (step, count) -> {
          int last = merged.size() - 1;
          if (last > 0 && merged.get(last - 1) * merged.get(last) == step) {
            merged.set(last, merged.get(last) * count);
          } else {
            merged.add(step);
            merged.add(count);
          }
        });
    return merged;
  }
}
