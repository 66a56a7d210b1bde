package dev.lgc.compiler.fuse;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The regions that each node is a member of, and those that load it from memory through an alias.
 */
final class Memberships {
  private final NodeAnalysis analysis;
  private final ByNode members;
  private final ByNode loading;
  private final ByNode behind;

  Memberships(NodeAnalysis analysis) {
    this.analysis = analysis;
    int nodes = analysis.graph.nodes().size();
    members = new ByNode(nodes);
    loading = new ByNode(nodes);
    behind = new ByNode(nodes);
  }

  /** Regions by node, in the order in which they were noted; most nodes have none or one. */
  private static final class ByNode {
    private final List<Set<RegionBuilder>> regions;

    ByNode(int nodes) {
      regions = new ArrayList<>(Collections.nCopies(nodes, Set.of()));
    }

    Set<RegionBuilder> get(int n) {
      return regions.get(n);
    }

    void add(int n, RegionBuilder r) {
      Set<RegionBuilder> known = regions.get(n);
      if (known.isEmpty()) {
        known = new LinkedHashSet<>(2);
        regions.set(n, known);
      }
      known.add(r);
    }
  }

  /** Regions that a node is a member of. */
  Set<RegionBuilder> of(int n) {
    return members.get(n);
  }

  /** Regions that load a node from memory, through an alias of it or as one. */
  Set<RegionBuilder> loading(int n) {
    return loading.get(n);
  }

  /** Notes a region that loads a node from memory. */
  void addLoading(int n, RegionBuilder r) {
    loading.add(n, r);
  }

  /** Returns true if a region loads a node from memory. */
  boolean isLoading(int n, RegionBuilder r) {
    return has(loading.get(n), r) || has(behind.get(n), r);
  }

  /** Returns true if a region is one of some; a region in the making equals itself alone. */
  @SuppressWarnings("CollectionIncompatibleType")
  static boolean has(Set<RegionBuilder> regions, RegionBuilder r) {
    return regions.contains(r);
  }

  /**
   * Regions that need a node. What is behind a result that the node goes into is none of them: the
   * kernels of a graph are those of the same graph without collectives.
   */
  Set<RegionBuilder> dependents(int n) {
    Set<RegionBuilder> all = new LinkedHashSet<>(loading.get(n));
    all.addAll(behind.get(n));
    for (int c : analysis.consumers(n)) {
      all.addAll(members.get(c));
      all.addAll(loading.get(c));
      if (!behind.get(c).isEmpty() && analysis.isAlias(c) && analysis.read(c).contains(n)) {
        all.addAll(behind.get(c));
      }
    }
    return all;
  }

  /**
   * Regions that load a node from memory as the result that it is: collectives, and what is made of
   * a result for one.
   */
  Set<RegionBuilder> behind(int n) {
    return behind.get(n);
  }

  /** Notes a region that loads a node from memory as a result. */
  void addBehind(int n, RegionBuilder r) {
    behind.add(n, r);
  }

  /** Makes a node a member of a region. */
  void add(int n, RegionBuilder r, MemberBuilder m) {
    r.add(n, m);
    members.add(n, r);
    if (analysis.isReduction(n)) {
      m.reduction = r.freshReduction(n);
    }
  }

  /** Notes the root of a region. */
  void addRoot(int n, RegionBuilder r) {
    members.add(n, r);
  }
}
