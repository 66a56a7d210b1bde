package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a region may compute once per row, or keep for a row, when all its members are known. */
final class Rows {
  private Rows() {}

  /**
   * Whether a member that is the same for many elements could be computed once per row, were the
   * region to run over rows.
   */
  static boolean canHoist(Region r, int n, Region.Member m) {
    if (r.row != null
        || m.accesses.size() != 1
        || r.isInPlace()
        || !r.isBijection(n, m.accesses.getFirst())) {
      return false;
    }
    Set<Axis> axes = Indexes.axes(m.accesses.getFirst());
    if (axes == null || !r.outer.containsAll(axes)) {
      return false;
    }
    long all = Axis.positions(r.outer);
    long rows = r.facts.elements(n);
    return all / rows >= r.limits.minRowLength()
        && (rows >= r.limits.minRows() || all <= r.limits.smallElements());
  }

  /** Runs over rows if that saves computing something dear again for every element of a row. */
  static void hoist(Region r) {
    if (r.row != null || r.contraction) {
      return;
    }
    int best = 0;
    Set<Axis> rows = null;
    for (Map.Entry<Integer, Region.Member> e : r.members.entrySet()) {
      int cost = r.facts.cost(e.getKey());
      if (!e.getValue().stored
          && r.facts.isDear(e.getKey())
          && cost > best
          && canHoist(r, e.getKey(), e.getValue())) {
        best = cost;
        rows = Indexes.axes(e.getValue().accesses.getFirst());
      }
    }
    r.row = rows;
  }

  /** Keeps row values that are dear and used more than once, consumers first. */
  static void keep(Region r) {
    if (r.row == null || r.contraction) {
      return;
    }
    for (int n : r.members.descendingKeySet()) {
      Region.Member m = r.members.get(n);
      if (m.kept) {
        m.scratch = axis(r, n, m);
      } else if (!r.isLocal(n, m) && cost(r, n) >= r.limits.costs().transcendental()) {
        m.uses = r.accessed(n).uses;
        m.scratch = m.uses > 1 ? axis(r, n, m) : null;
      }
    }
  }

  /** Whether the region could compute a member once and keep it for the time of a row. */
  static boolean canKeep(Region r, int n, Region.Member m) {
    return r.row != null && !r.isInPlace() && axis(r, n, m) != null;
  }

  /** Cost of one element, with what is written out with it. */
  private static int cost(Region r, int n) {
    int cost = r.facts.cost(n);
    for (int o : r.facts.node(n).operands()) {
      Region.Member m = r.members.get(o);
      if (m != null && !r.isLocal(o, m)) {
        cost += cost(r, o);
      }
    }
    return cost;
  }

  /**
   * The one inner axis over which a member is needed, if all its accesses run over the same row.
   */
  private static Axis axis(Region r, int n, Region.Member m) {
    List<Integer> dims = r.facts.node(n).type().shape().dims();
    Axis found = null;
    for (List<Linear> at : m.accesses) {
      Set<Axis> axes = Indexes.axes(at);
      if (axes == null || !r.sameRow(n, m.accesses.getFirst(), at)) {
        return null;
      }
      axes.removeIf(r::isSpace);
      if (axes.size() != 1) {
        return null;
      }
      for (int d = 0; d < dims.size(); d++) {
        if (!at.get(d).within(0, dims.get(d))) {
          return null;
        }
      }
      found = found == null ? axes.iterator().next() : found;
    }
    long bytes = found == null ? 0 : (long) found.extent() * r.facts.node(n).type().dtype().bytes();
    return bytes <= r.limits.scratchBytes() ? found : null;
  }

  /** Where a kept member's row is read at an access: its inner axis. */
  static Axis axis(Region r, List<Linear> at) {
    for (Axis a : Indexes.axes(at)) {
      if (!r.isSpace(a)) {
        return a;
      }
    }
    throw new IllegalStateException("no row in " + at);
  }
}
