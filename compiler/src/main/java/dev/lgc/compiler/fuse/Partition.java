package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.kernel.Expressions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Divides a graph into regions, last node first, so that the consumers of a node are placed before
 * it. A node goes into the regions of its consumers if it may; else it is stored, by the region of
 * a consumer or of a sibling where that closes no circle, or by a region of its own.
 *
 * <p>Circles are kept out by heights: a region is higher than all that depend on it.
 */
final class Partition {
  /** Nodes to search for regions: those that one reads, and those that its value goes to. */
  private static final int NEAR = 16;

  private static final int FORWARD = 24;

  private final Facts facts;
  private final FusionLimits limits;
  private final List<Region> regions = new ArrayList<>();
  private final List<Set<Region>> memberships = new ArrayList<>();

  /** Regions that load the node from memory through an alias. */
  private final List<Set<Region>> loading = new ArrayList<>();

  private final boolean[] forced;
  private final boolean[] inPlace;

  private Partition(Facts facts, Set<Integer> wanted, Set<Integer> inPlace) {
    this.facts = facts;
    this.limits = facts.limits;
    int n = facts.graph.nodes().size();
    forced = new boolean[n];
    this.inPlace = new boolean[n];
    wanted.forEach(w -> forced[w] = true);
    inPlace.forEach(w -> this.inPlace[w] = true);
    for (int i = 0; i < n; i++) {
      memberships.add(new LinkedHashSet<>(2));
      loading.add(new LinkedHashSet<>(0));
    }
  }

  /**
   * The regions of a graph, in no particular order.
   *
   * @param wanted nodes, none of them sources, that must be in memory at the end
   * @param inPlace dynamic updates among them that only write what is new
   */
  static List<Region> of(Facts facts, Set<Integer> wanted, Set<Integer> inPlace) {
    Partition p = new Partition(facts, wanted, inPlace);
    Graph g = facts.graph;
    for (int n = g.nodes().size() - 1; n >= 0; n--) {
      p.place(n);
    }
    p.regions.forEach(Rows::hoist);
    p.regions.forEach(Rows::keep);
    return p.regions;
  }

  private void place(int n) {
    if (facts.isSource(n)) {
      return;
    }
    Set<Region> dependents = dependents(n);
    if (dependents.isEmpty() && !forced[n]) {
      return;
    }
    if (facts.isAlias(n)) {
      alias(n, dependents);
    } else if (!forced[n] && inline(n, dependents)) {
      return;
    } else {
      store(n, dependents);
    }
  }

  /** Regions with a need of the node. */
  private Set<Region> dependents(int n) {
    Set<Region> all = new LinkedHashSet<>(loading.get(n));
    for (int c : facts.consumers(n)) {
      all.addAll(memberships.get(c));
      all.addAll(loading.get(c));
    }
    return all;
  }

  /**
   * An alias is looked through where that works; elsewhere, and where it is there to keep two
   * computations apart, its operand must be in memory.
   */
  private void alias(int n, Set<Region> dependents) {
    int operand = facts.node(n).operands().getFirst();
    for (Region r : dependents) {
      boolean apart = facts.isBarrier(n) || loading.get(n).contains(r);
      Region.Member m = apart ? null : admit(n, r);
      if (m == null) {
        loading.get(n).add(r);
        loading.get(operand).add(r);
        forced[operand] = true;
      } else {
        add(n, r, m);
      }
    }
    if (forced[n]) {
      forced[operand] = true;
    }
  }

  private boolean inline(int n, Set<Region> dependents) {
    if (facts.isContraction(n) || !loading.get(n).isEmpty()) {
      return false;
    }
    boolean reduction = facts.isReduction(n);
    if (dependents.size() > 1 && (reduction || !facts.isCheapIn(n, dependents.size()))) {
      return false;
    }
    List<Region.Member> admitted = new ArrayList<>();
    for (Region r : dependents) {
      Region.Member m = reduction ? admitReduction(n, r, false) : admit(n, r);
      if (m == null && facts.isVectorProduct(n)) {
        m = admitVectorProduct(n, r);
      }
      if (m == null) {
        return false;
      }
      admitted.add(m);
    }
    int i = 0;
    for (Region r : dependents) {
      add(n, r, admitted.get(i++));
    }
    return true;
  }

  private void add(int n, Region r, Region.Member m) {
    r.add(n, m);
    memberships.get(n).add(r);
    if (facts.isReduction(n)) {
      m.reduction = r.freshReduction(n);
    }
  }

  /** A node without reduction as part of a region, if that is legal and sensible. */
  private Region.Member admit(int n, Region r) {
    if (r.isFull(n) || loading.get(n).contains(r)) {
      return null;
    }
    Region.Member m = r.accessed(n);
    if (m.accesses.isEmpty() || m.uses > limits.maxUses() || m.depth > limits.maxDepth()) {
      return null;
    }
    if (r.contraction) {
      boolean folds = facts.isFoldable(n) && m.accesses.size() == 1 && foldable(n, r, m);
      // What each element is used for often is widened once, by a kernel of its own.
      boolean seldom =
          !facts.widens(n) || m.evaluations <= limits.maxWidenings() * facts.elements(n);
      return folds && seldom ? m : null;
    }
    int cost = facts.cost(n);
    for (List<Linear> at : m.accesses) {
      if (cost > 2 && Indexes.axes(at) == null) {
        return null;
      }
    }
    // Computed again and again for each element, unless once per row.
    boolean repeated = m.evaluations >= 2 * facts.elements(n);
    if (facts.isDear(n) && repeated && !r.isLocal(n, m) && !Rows.canHoist(r, n, m)) {
      m.kept = Rows.canKeep(r, n, m);
      return m.kept ? m : null;
    }
    return m;
  }

  /** Products of a row's vector as part of a region: kept for the time of the row. */
  private Region.Member admitVectorProduct(int n, Region r) {
    if (r.contraction || r.isFull(n) || r.reductions() >= limits.maxReductions()) {
      return null;
    }
    Region.Member m = r.accessed(n);
    m.kept = !m.accesses.isEmpty() && Rows.canKeep(r, n, m);
    return m.kept ? m : null;
  }

  /** Whether the contraction's loads stay affine when it reads through {@code n}. */
  private boolean foldable(int n, Region r, Region.Member m) {
    Scalar.Load l = Expressions.loadsOf(r.value(n, m, m.accesses.getFirst())).getFirst();
    boolean before = facts.linear(n, m.accesses.getFirst()).isAffine();
    return !before
        || facts.linear(l.operand(), l.index().stream().map(Linear::of).toList()).isAffine();
  }

  /** A reduction as a local of a region: its result must be the same for a whole row of it. */
  private Region.Member admitReduction(int n, Region r, boolean sibling) {
    if (r.contraction || r.isFull(n) || r.reductions() >= limits.maxReductions()) {
      return null;
    }
    Region.Member m = sibling ? beside(n, r) : r.accessed(n);
    if (m == null || m.accesses.size() != 1) {
      return null;
    }
    List<Linear> at = m.accesses.getFirst();
    Set<Axis> axes = Indexes.axes(at);
    if (axes == null || !r.outer.containsAll(axes) || !r.isBijection(n, at)) {
      return null;
    }
    if (r.row != null) {
      return r.row.equals(axes) ? m : null;
    }
    return setRow(r, axes, facts.elements(n), Axis.positions(facts.algorithm(n).reduction()))
        ? m
        : null;
  }

  /** Makes a region run over rows, if that leaves enough to do in parallel. */
  private boolean setRow(Region r, Set<Axis> axes, long rows, long length) {
    long all = Axis.positions(r.outer);
    if (rows < limits.minRows() && Math.max(all, rows * length) > limits.smallElements()) {
      return false;
    }
    for (Region.Member other : r.members.values()) {
      if (other.stored && !Indexes.axes(other.home).containsAll(axes)) {
        return false;
      }
    }
    r.row = axes;
    if (!recount(r)) {
      r.row = null;
      recount(r);
      return false;
    }
    return true;
  }

  /** Counts uses again after the region's axes changed their roles. */
  private boolean recount(Region r) {
    boolean fine = true;
    for (int n : r.members.descendingKeySet()) {
      Region.Member m = r.members.get(n);
      Region.Member again = r.accessed(n);
      m.uses = again.uses;
      m.depth = again.depth;
      fine &= m.uses <= limits.maxUses() && m.depth <= limits.maxDepth();
    }
    return fine;
  }

  private void store(int n, Set<Region> dependents) {
    if (!facts.isContraction(n) && !inPlace[n]) {
      List<Region> candidates = candidates(n, dependents);
      for (boolean again : new boolean[] {false, true}) {
        for (Region r : candidates) {
          if (join(n, r, dependents, again)) {
            return;
          }
        }
      }
    }
    Region r = new Region(facts, limits, facts.isContraction(n));
    if (inPlace[n]) {
      r.rootInPlace(n);
    } else {
      r.root(n);
    }
    link(r, dependents);
    regions.add(r);
    memberships.get(n).add(r);
  }

  /** Regions that could compute {@code n} too: its consumers', and those that read its operands. */
  private List<Region> candidates(int n, Set<Region> dependents) {
    Set<Region> found = new LinkedHashSet<>();
    dependents.stream()
        .filter(r -> !r.contraction)
        .sorted(Comparator.comparingInt((Region r) -> -r.height))
        .forEach(found::add);
    Set<Integer> visited = new HashSet<>();
    List<Integer> near = new ArrayList<>(facts.read(n));
    for (int i = 0; i < near.size() && i < NEAR; i++) {
      int o = near.get(i);
      if (!visited.add(o) || !facts.isFull(o, n)) {
        continue;
      }
      placed(o, n, found);
      if (!facts.isSource(o) && (facts.isMovement(o) || !facts.isDear(o))) {
        near.addAll(facts.read(o));
      }
    }
    found.removeIf(r -> r.contraction || r.isInPlace());
    return List.copyOf(found);
  }

  /**
   * Adds the regions of the nearest placed nodes that depend on a value; those before {@code n} are
   * not placed yet.
   */
  private void placed(int o, int n, Set<Region> found) {
    List<Integer> forward = new ArrayList<>(facts.consumers(o));
    for (int i = 0; i < forward.size() && i < FORWARD; i++) {
      int c = forward.get(i);
      if (c > n) {
        found.addAll(memberships.get(c));
      } else if (c < n && !facts.isReduction(c) && !facts.isContraction(c)) {
        forward.addAll(facts.consumers(c));
      }
    }
  }

  private boolean join(int n, Region r, Set<Region> dependents, boolean again) {
    if (loading.get(n).contains(r) || r.isFull(n) || r.stored() >= limits.maxStored()) {
      return false;
    }
    for (Region d : dependents) {
      if (d != r && d.height > r.height && r.dependsOn(d)) {
        return false;
      }
    }
    boolean sibling = !dependents.contains(r);
    if (again && (sibling || facts.isReduction(n))) {
      return false;
    }
    if (sibling && r.loads() > limits.maxBuffers() / 2) {
      // There is more to come: what it loads now may be computed from several others.
      return false;
    }
    Region.Member m;
    if (facts.isReduction(n)) {
      m = admitReduction(n, r, sibling);
      if (m == null) {
        return false;
      }
      m.home = m.accesses.getFirst();
    } else {
      m = sibling ? beside(n, r) : r.accessed(n);
      if (m == null) {
        return false;
      }
      if (!sibling && r.row == null && Rows.canHoist(r, n, m)) {
        setRow(r, Indexes.axes(m.accesses.getFirst()), facts.elements(n), 1);
      }
      if (!(again ? innerHome(n, r, m) : home(n, r, m))) {
        return false;
      }
    }
    m.stored = true;
    add(n, r, m);
    link(r, dependents);
    return true;
  }

  /** Notes that regions need what {@code r} stores. */
  private static void link(Region r, Set<Region> dependents) {
    int height = 0;
    for (Region d : dependents) {
      if (d != r) {
        d.producers.add(r);
        height = Math.max(height, d.height + 1);
      }
    }
    r.raise(height);
  }

  /**
   * Finds where the region may store {@code n}: once per element, each by the point that reads it.
   */
  private boolean home(int n, Region r, Region.Member m) {
    if (m.depth > limits.maxDepth()) {
      return false;
    }
    for (List<Linear> at : m.accesses) {
      Set<Axis> axes = Indexes.axes(at);
      if (axes != null
          && r.outer.containsAll(axes)
          && axes.containsAll(r.row == null ? r.outer : r.row)
          && r.isBijection(n, at)) {
        m.home = at;
        return m.accesses.stream().allMatch(x -> r.sameRow(n, at, x));
      }
    }
    return false;
  }

  /** The same where only reductions of the region read {@code n}: by new inner axes. */
  private boolean innerHome(int n, Region r, Region.Member m) {
    if (m.depth > limits.maxDepth() || r.row == null || r.rows() < limits.minRows()) {
      return false;
    }
    for (List<Linear> at : m.accesses) {
      Set<Axis> axes = Indexes.axes(at);
      if (axes != null
          && axes.containsAll(r.row)
          && axes.stream().allMatch(x -> r.row.contains(x) || !r.outer.contains(x))
          && r.isBijection(n, at)
          && m.accesses.stream().allMatch(x -> r.sameRow(n, at, x))) {
        m.home = r.overInnerAxes(at);
        m.accesses.add(m.home);
        return true;
      }
    }
    return false;
  }

  /** As a member that nobody in the region reads, beside a stored one of the same shape. */
  private Region.Member beside(int n, Region r) {
    for (int s : r.members.keySet()) {
      Region.Member other = r.members.get(s);
      boolean alike =
          other.stored
              && facts.isReduction(s) == facts.isReduction(n)
              && facts.node(s).type().shape().equals(facts.node(n).type().shape());
      if (alike && (!facts.isReduction(n) || r.row != null)) {
        Region.Member m = new Region.Member();
        m.accesses.add(other.home);
        return m;
      }
    }
    return null;
  }
}
