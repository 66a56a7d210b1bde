package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds a region that can store a node beside what it computes already, so that the node needs no
 * kernel of its own: the region of a consumer, or of a sibling that reads the same operands. It
 * must visit every element of the node once, and it must not come to depend on itself.
 *
 * <p>In: {@code n = x * r} that must be in memory, and the region that stores {@code y = n * w}.
 * Out: that region stores both, each element of {@code n} where it reads it.
 */
final class StorePlacement {
  /** Nodes to search for regions: those that one reads, and those that its value goes to. */
  private static final int NEAR = 16;

  private static final int FORWARD = 24;

  private final NodeAnalysis analysis;
  private final RecomputeCosts costs;
  private final FusionLimits limits;
  private final Memberships memberships;
  private final Admission admission;

  StorePlacement(
      NodeAnalysis analysis, RecomputeCosts costs, Memberships memberships, Admission admission) {
    this.analysis = analysis;
    this.costs = costs;
    this.limits = analysis.limits;
    this.memberships = memberships;
    this.admission = admission;
  }

  /** Has a region store a node; false if none can. */
  boolean place(int n, Set<RegionBuilder> dependents) {
    List<RegionBuilder> candidates = candidates(n, dependents);
    for (boolean again : new boolean[] {false, true}) {
      for (RegionBuilder r : candidates) {
        if (join(n, r, dependents, again)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Notes that regions need what {@code r} stores. */
  static void link(RegionBuilder r, Set<RegionBuilder> dependents) {
    List<RegionOrder> consumers = new ArrayList<>(dependents.size());
    for (RegionBuilder d : dependents) {
      if (d != r) {
        consumers.add(d.order);
      }
    }
    r.order.precede(consumers);
  }

  /** Regions that could compute {@code n} too: its consumers', and those that read its operands. */
  private List<RegionBuilder> candidates(int n, Set<RegionBuilder> dependents) {
    Set<RegionBuilder> found = new LinkedHashSet<>();
    dependents.stream()
        .filter(r -> !r.contraction)
        .sorted(Comparator.comparingInt((RegionBuilder r) -> -r.order.kernelHeight()))
        .forEach(found::add);
    Set<Integer> visited = new HashSet<>();
    List<Integer> near = new ArrayList<>(analysis.read(n));
    for (int i = 0; i < near.size() && i < NEAR; i++) {
      int o = near.get(i);
      if (!visited.add(o) || !costs.isFull(o, n)) {
        continue;
      }
      placed(o, n, found);
      boolean isGiven = analysis.isSource(o) || analysis.isCollective(o);
      if (!isGiven && (analysis.isMovement(o) || !analysis.isDear(o))) {
        near.addAll(analysis.read(o));
      }
    }
    found.removeIf(r -> r.contraction || r.isInPlace());
    return List.copyOf(found);
  }

  /**
   * Adds the regions of the nearest placed nodes that depend on a value; those before {@code n} are
   * not placed yet.
   */
  private void placed(int o, int n, Set<RegionBuilder> found) {
    List<Integer> forward = new ArrayList<>(analysis.consumers(o));
    for (int i = 0; i < forward.size() && i < FORWARD; i++) {
      int c = forward.get(i);
      if (c > n) {
        found.addAll(memberships.of(c));
      } else if (c < n && !analysis.isReduction(c) && !analysis.isContraction(c)) {
        forward.addAll(analysis.consumers(c));
      }
    }
  }

  /**
   * Has one region store a node, if it can.
   *
   * @param again true to try new inner axes, which compute the node in a loop of its own
   */
  private boolean join(int n, RegionBuilder r, Set<RegionBuilder> dependents, boolean again) {
    if (memberships.isLoading(n, r) || r.isFull(n) || r.stored() >= limits.maxStored()) {
      return false;
    }
    for (RegionBuilder d : dependents) {
      if (d != r && d.order.height() > r.order.height() && r.order.dependsOn(d.order)) {
        return false;
      }
    }
    boolean sibling = !Memberships.has(dependents, r);
    if (again && (sibling || analysis.isReduction(n))) {
      return false;
    }
    if (sibling && r.loads() > limits.maxBuffers() / 2) {
      // There is more to come: what it loads now may be computed from several others.
      return false;
    }
    Optional<MemberBuilder> member =
        analysis.isReduction(n) ? reduction(n, r, sibling) : elementwise(n, r, sibling, again);
    if (member.isEmpty()) {
      return false;
    }
    memberships.add(n, r, member.get());
    link(r, dependents);
    return true;
  }

  private Optional<MemberBuilder> reduction(int n, RegionBuilder r, boolean sibling) {
    Optional<MemberBuilder> m =
        sibling ? admission.siblingReduction(n, r) : admission.reduction(n, r);
    m.ifPresent(x -> x.storedAt = Optional.of(x.accesses.getFirst()));
    return m;
  }

  private Optional<MemberBuilder> elementwise(
      int n, RegionBuilder r, boolean sibling, boolean again) {
    Optional<MemberBuilder> found =
        sibling ? admission.sibling(n, r) : Optional.of(AccessAnalysis.of(r, n));
    if (found.isEmpty()) {
      return found;
    }
    MemberBuilder m = found.get();
    if (!sibling && r.row.isEmpty() && RowReuse.canHoist(r, n, m)) {
      Set<Axis> axes = IndexAnalysis.axes(m.accesses.getFirst()).orElseThrow();
      admission.runOverRows(r, axes, analysis.elements(n), 1);
    }
    if (m.depth > limits.maxDepth()) {
      return Optional.empty();
    }
    m.storedAt = again ? innerStore(n, r, m) : store(n, r, m);
    return m.stored() ? found : Optional.empty();
  }

  /** The access at which the region may store a node: once per element, by the point that reads. */
  private Optional<List<QuasiAffine>> store(int n, RegionBuilder r, MemberBuilder m) {
    for (List<QuasiAffine> at : m.accesses) {
      Optional<Set<Axis>> axes = IndexAnalysis.axes(at);
      if (axes.isPresent()
          && r.outer.containsAll(axes.get())
          && axes.get().containsAll(r.row.isPresent() ? r.row.get() : r.outer)
          && IndexAnalysis.isBijection(analysis, n, at)) {
        return isOneRow(n, r, m, at) ? Optional.of(at) : Optional.empty();
      }
    }
    return Optional.empty();
  }

  /** The same where only reductions of the region read {@code n}: by new inner axes. */
  private Optional<List<QuasiAffine>> innerStore(int n, RegionBuilder r, MemberBuilder m) {
    if (r.row.isEmpty() || Axis.positions(r.row.get()) < limits.minRows()) {
      return Optional.empty();
    }
    Set<Axis> row = r.row.get();
    for (List<QuasiAffine> at : m.accesses) {
      Optional<Set<Axis>> axes = IndexAnalysis.axes(at);
      if (axes.isPresent()
          && axes.get().containsAll(row)
          && isOutside(axes.get(), row, r.outer)
          && IndexAnalysis.isBijection(analysis, n, at)
          && isOneRow(n, r, m, at)) {
        List<QuasiAffine> inner = r.overInnerAxes(at);
        m.accesses.add(inner);
        return Optional.of(inner);
      }
    }
    return Optional.empty();
  }

  /** Returns true if axes that are not the row's are none of the region's. */
  private static boolean isOutside(Set<Axis> axes, Set<Axis> row, List<Axis> outer) {
    for (Axis a : axes) {
      if (!row.contains(a) && outer.contains(a)) {
        return false;
      }
    }
    return true;
  }

  /** Returns true if all accesses of a node run over the same elements as one of them. */
  private boolean isOneRow(int n, RegionBuilder r, MemberBuilder m, List<QuasiAffine> at) {
    for (List<QuasiAffine> other : m.accesses) {
      if (!IndexAnalysis.sameRow(analysis, n, at, other, r::isSpace)) {
        return false;
      }
    }
    return true;
  }
}
