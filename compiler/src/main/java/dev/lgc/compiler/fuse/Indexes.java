package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What one can tell of the elements that an index reaches. */
final class Indexes {
  private Indexes() {}

  /** The axes of an index that are affine in axes; null if something else occurs in it. */
  static Set<Axis> axes(Iterable<Linear> index) {
    Set<Axis> axes = new LinkedHashSet<>();
    for (Linear l : index) {
      for (int i = 0; i < l.size(); i++) {
        if (!(l.atom(i) instanceof Scalar.AxisIndex x)) {
          return null;
        }
        axes.add(x.axis());
      }
    }
    return axes;
  }

  /** Whether an index over its axes visits every element of {@code n} exactly once. */
  static boolean isBijection(Facts facts, int n, List<Linear> at) {
    Linear l = facts.linear(n, at);
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
    return next == facts.elements(n);
  }

  /**
   * Whether two indexes of {@code n}, at one point of the space, run over the same elements: equal
   * in the space's axes, and the same steps and counts in the others.
   */
  static boolean sameRow(
      Facts facts, int n, List<Linear> a, List<Linear> b, Predicate<Axis> isSpace) {
    if (a.equals(b)) {
      return true;
    }
    Row x = row(facts.linear(n, a), isSpace);
    return x != null && x.equals(row(facts.linear(n, b), isSpace));
  }

  /**
   * What an index runs over at one point of the space.
   *
   * @param start in the space's axes
   * @param steps and counts in the others
   */
  private record Row(Linear start, List<Long> steps) {}

  private static Row row(Linear l, Predicate<Axis> isSpace) {
    if (!l.isAffine()) {
      return null;
    }
    Linear start = Linear.constant(l.constant());
    TreeMap<Long, Long> steps = new TreeMap<>();
    for (int i = 0; i < l.size(); i++) {
      Axis axis = ((Scalar.AxisIndex) l.atom(i)).axis();
      if (isSpace.test(axis)) {
        start = start.plus(Linear.atom(l.atom(i)).times(l.factor(i)));
      } else if (steps.put(l.factor(i), (long) axis.extent()) != null) {
        // Two loops with one step: a sliding window.
        return null;
      }
    }
    return new Row(start, merged(steps));
  }

  /** Steps and counts, contiguous ones joined. */
  private static List<Long> merged(TreeMap<Long, Long> steps) {
    LinkedHashMap<Long, Long> out = new LinkedHashMap<>();
    Long last = null;
    for (Map.Entry<Long, Long> e : steps.entrySet()) {
      if (last != null && last * out.get(last) == e.getKey()) {
        out.merge(last, e.getValue(), (x, y) -> x * y);
      } else {
        last = e.getKey();
        out.put(last, e.getValue());
      }
    }
    List<Long> flat = new ArrayList<>();
    out.forEach(
        (k, v) -> {
          flat.add(k);
          flat.add(v);
        });
    return flat;
  }
}
