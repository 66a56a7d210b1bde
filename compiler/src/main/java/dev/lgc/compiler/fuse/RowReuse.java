package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Values that a region computes once per row: hoisted out of the row's loops, or kept in scratch.
 *
 * <p>Hoisted: {@code i, j: y[i, j] = x[i, j] * exp(r[i])} becomes {@code i: v = exp(r[i]); j: y[i,
 * j] = x[i, j] * v}. Kept: of {@code e[j] = exp(x[i, j])} that a sum reads and each of the row's
 * results reads again, the row becomes an array in scratch.
 */
final class RowReuse {
  private RowReuse() {}

  /**
   * Returns true if a member that is the same for many elements could be computed once per row,
   * were the region to run over rows.
   */
  static boolean canHoist(RegionBuilder r, int n, MemberBuilder m) {
    if (r.row.isPresent()
        || m.accesses.size() != 1
        || r.isInPlace()
        || !IndexAnalysis.isBijection(r.analysis, n, m.accesses.getFirst())) {
      return false;
    }
    Optional<Set<Axis>> axes = IndexAnalysis.axes(m.accesses.getFirst());
    if (axes.isEmpty() || !r.outer.containsAll(axes.get())) {
      return false;
    }
    FusionLimits limits = r.analysis.limits;
    long all = Axis.positions(r.outer);
    long rows = r.analysis.elements(n);
    return all / rows >= limits.minRowLength()
        && (rows >= limits.minRows() || all <= limits.smallElements());
  }

  /** Runs over rows if that saves computing something dear again for every element of a row. */
  static void hoist(RegionBuilder r) {
    if (r.row.isPresent() || r.contraction) {
      return;
    }
    int best = 0;
    Optional<Set<Axis>> rows = Optional.empty();
    for (Map.Entry<Integer, MemberBuilder> e : r.members.entrySet()) {
      int cost = r.analysis.cost(e.getKey());
      if (!e.getValue().stored()
          && r.analysis.isDear(e.getKey())
          && cost > best
          && canHoist(r, e.getKey(), e.getValue())) {
        best = cost;
        rows = IndexAnalysis.axes(e.getValue().accesses.getFirst());
      }
    }
    r.row = rows;
  }

  /** Keeps row values that are dear and used more than once, consumers first. */
  static void keep(RegionBuilder r) {
    if (r.row.isEmpty() || r.contraction) {
      return;
    }
    for (int n : r.members.descendingKeySet()) {
      MemberBuilder m = r.members.get(n);
      if (m.kept) {
        m.scratch = innerAxis(r, n, m);
      } else if (!r.isLocal(n, m) && cost(r, n) >= r.analysis.limits.costs().transcendental()) {
        m.uses = AccessAnalysis.of(r, n).uses;
        m.scratch = m.uses > 1 ? innerAxis(r, n, m) : Optional.empty();
      }
    }
  }

  /** Returns true if the region could compute a member once and keep it for the time of a row. */
  static boolean canKeep(RegionBuilder r, int n, MemberBuilder m) {
    return r.row.isPresent() && !r.isInPlace() && innerAxis(r, n, m).isPresent();
  }

  /** Cost of one element, with what is written out with it. */
  private static int cost(RegionBuilder r, int n) {
    int cost = r.analysis.cost(n);
    for (int o : r.analysis.node(n).operands()) {
      MemberBuilder m = r.members.get(o);
      if (m != null && !r.isLocal(o, m)) {
        cost += cost(r, o);
      }
    }
    return cost;
  }

  /**
   * The one inner axis over which a member is needed, if all its accesses run over the same row and
   * the row fits into scratch.
   */
  private static Optional<Axis> innerAxis(RegionBuilder r, int n, MemberBuilder m) {
    List<Integer> dims = r.analysis.node(n).type().shape().dims();
    Optional<Axis> found = Optional.empty();
    for (List<QuasiAffine> at : m.accesses) {
      Optional<Set<Axis>> axes = IndexAnalysis.axes(at);
      if (axes.isEmpty()
          || !IndexAnalysis.sameRow(r.analysis, n, m.accesses.getFirst(), at, r::isSpace)) {
        return Optional.empty();
      }
      Set<Axis> inner = axes.get();
      inner.removeIf(r::isSpace);
      if (inner.size() != 1) {
        return Optional.empty();
      }
      for (int d = 0; d < dims.size(); d++) {
        if (!at.get(d).within(0, dims.get(d))) {
          return Optional.empty();
        }
      }
      found = found.isPresent() ? found : Optional.of(inner.iterator().next());
    }
    int bytes = r.analysis.node(n).type().dtype().bytes();
    return found.filter(a -> (long) a.extent() * bytes <= r.analysis.limits.scratchBytes());
  }
}
