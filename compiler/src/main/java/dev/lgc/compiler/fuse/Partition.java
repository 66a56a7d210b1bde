package dev.lgc.compiler.fuse;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Divides a graph into regions, last node first, so that the consumers of a node are placed before
 * it. A node goes into the regions of its consumers if it may ({@link Admission}); else it is
 * stored, by the region of a consumer or of a sibling where that makes no cycle ({@link
 * StorePlacement}), or by a region of its own. A collective is computed by no region: its operand
 * is stored, and its result is loaded.
 *
 * <p>In: {@code s = sum(x), r = rsqrt(s), y = x * broadcast(r), z = contract(y, w)}, of which only
 * {@code z} is live-out. Out: {@code {s, r, broadcast, y}}, which stores {@code y} row by row, and
 * {@code {z}}.
 */
final class Partition {
  private final NodeAnalysis analysis;
  private final RecomputeCosts costs;
  private final List<RegionBuilder> regions = new ArrayList<>();
  private final Memberships memberships;
  private final Admission admission;
  private final StorePlacement stores;

  /** Nodes that must be in memory. */
  private final boolean[] forced;

  private final boolean[] inPlace;

  private Partition(NodeAnalysis analysis, LiveOut liveOut) {
    this.analysis = analysis;
    int n = analysis.graph.nodes().size();
    forced = new boolean[n];
    inPlace = new boolean[n];
    liveOut.nodes().forEach(w -> forced[w] = true);
    liveOut.inPlace().forEach(w -> inPlace[w] = true);
    costs = new RecomputeCosts(analysis);
    memberships = new Memberships(analysis);
    admission = new Admission(analysis, memberships);
    stores = new StorePlacement(analysis, costs, memberships, admission);
  }

  /** The regions of a graph, in no particular order. */
  static List<Region> of(NodeAnalysis analysis, LiveOut liveOut) {
    Partition p = new Partition(analysis, liveOut);
    for (int n = analysis.graph.nodes().size() - 1; n >= 0; n--) {
      p.place(n);
    }
    p.regions.forEach(RowReuse::hoist);
    p.regions.forEach(RowReuse::keep);
    List<Region> built = new ArrayList<>(p.regions.size());
    for (RegionBuilder r : p.regions) {
      built.add(r.build());
    }
    return built;
  }

  private void place(int n) {
    if (analysis.isSource(n)) {
      return;
    }
    Set<RegionBuilder> dependents = memberships.dependents(n);
    if (analysis.isCollective(n)) {
      collective(n, dependents);
      return;
    }
    if (dependents.isEmpty() && !forced[n]) {
      return;
    }
    if (analysis.isAlias(n)) {
      alias(n, dependents);
    } else if (forced[n] || !inline(n, dependents)) {
      store(n, dependents);
    }
  }

  /**
   * A collective has a place among regions, as its operand and its result have. Otherwise regions
   * are those of a graph without it: what kernels compute does not depend on the ranks of a run,
   * nor do their bits.
   */
  private void collective(int n, Set<RegionBuilder> dependents) {
    RegionBuilder r = RegionBuilder.collective(analysis, costs);
    StorePlacement.link(r, dependents);
    int operand = analysis.node(n).operands().getFirst();
    memberships.addBehind(operand, r);
    forced[operand] = true;
  }

  /**
   * An alias is looked through where that works; elsewhere, and where it is there to keep two
   * computations apart, its operand must be in memory.
   */
  private void alias(int n, Set<RegionBuilder> dependents) {
    int operand = analysis.node(n).operands().getFirst();
    for (RegionBuilder r : dependents) {
      boolean apart = analysis.isBarrier(n) || memberships.isLoading(n, r);
      Optional<MemberBuilder> m = apart ? Optional.empty() : admission.elementwise(n, r);
      if (m.isPresent()) {
        memberships.add(n, r, m.get());
      } else {
        boolean isResult = analysis.isResult(n) || Memberships.has(memberships.behind(n), r);
        memberships.addLoading(n, r);
        if (isResult) {
          memberships.addBehind(operand, r);
        } else {
          memberships.addLoading(operand, r);
        }
        forced[operand] = true;
      }
    }
    if (forced[n]) {
      forced[operand] = true;
    }
  }

  /** Makes a node a member of every region that needs it; false if one of them may not have it. */
  private boolean inline(int n, Set<RegionBuilder> dependents) {
    if (analysis.isContraction(n) || !memberships.loading(n).isEmpty()) {
      return false;
    }
    boolean reduction = analysis.isReduction(n);
    if (dependents.size() > 1 && (reduction || !costs.isCheapIn(n, dependents.size()))) {
      return false;
    }
    List<MemberBuilder> admitted = new ArrayList<>(dependents.size());
    for (RegionBuilder r : dependents) {
      Optional<MemberBuilder> m =
          reduction ? admission.reduction(n, r) : admission.elementwise(n, r);
      if (m.isEmpty() && analysis.isBatchedGemv(n)) {
        m = admission.batchedGemv(n, r);
      }
      if (m.isEmpty()) {
        return false;
      }
      admitted.add(m.get());
    }
    int i = 0;
    for (RegionBuilder r : dependents) {
      memberships.add(n, r, admitted.get(i++));
    }
    return true;
  }

  private void store(int n, Set<RegionBuilder> dependents) {
    if (!analysis.isContraction(n) && !inPlace[n] && stores.place(n, dependents)) {
      return;
    }
    RegionBuilder r =
        inPlace[n]
            ? RegionBuilder.updatingInPlace(analysis, costs, n)
            : RegionBuilder.storing(analysis, costs, n);
    StorePlacement.link(r, dependents);
    regions.add(r);
    memberships.addRoot(n, r);
  }
}
