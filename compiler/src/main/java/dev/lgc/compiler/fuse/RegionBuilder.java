package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.op.DynamicUpdate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A {@link Region} under construction. It begins with one stored node, the root, whose dimensions
 * are its axes; producers and siblings become members one by one, and axes are split as they
 * require.
 */
final class RegionBuilder {
  final NodeAnalysis analysis;
  private final RecomputeCosts costs;
  final boolean contraction;
  final RegionOrder order;

  /** Axes that enumerate the elements of stored members, outermost first. */
  final List<Axis> outer = new ArrayList<>();

  /** Once there is a reduction whose result is used inside: the axes of its result. */
  Optional<Set<Axis>> row = Optional.empty();

  final TreeMap<Integer, MemberBuilder> members = new TreeMap<>();

  /** For a dynamic update in place: the index at which its update is read. */
  private Optional<List<QuasiAffine>> updated = Optional.empty();

  /**
   * Operands of members that are no members themselves: what the kernel loads, if none of them
   * joins.
   */
  private final Set<Integer> frontier = new HashSet<>();

  private int nextAxis;

  private RegionBuilder(
      NodeAnalysis analysis, RecomputeCosts costs, boolean contraction, RegionOrder order) {
    this.analysis = analysis;
    this.costs = costs;
    this.contraction = contraction;
    this.order = order;
  }

  private RegionBuilder(NodeAnalysis analysis, RecomputeCosts costs, boolean contraction) {
    this(analysis, costs, contraction, new RegionOrder(1));
  }

  /** A region that stores a node. */
  static RegionBuilder storing(NodeAnalysis analysis, RecomputeCosts costs, int n) {
    RegionBuilder r = new RegionBuilder(analysis, costs, analysis.isContraction(n));
    r.root(n);
    return r;
  }

  /** The stand-in for a collective among regions: it has no members, and none may join. */
  static RegionBuilder collective(NodeAnalysis analysis, RecomputeCosts costs) {
    return new RegionBuilder(analysis, costs, true, new RegionOrder(0));
  }

  /** A region that writes only what a dynamic update changes: it runs over the update. */
  static RegionBuilder updatingInPlace(NodeAnalysis analysis, RecomputeCosts costs, int n) {
    RegionBuilder r = new RegionBuilder(analysis, costs, analysis.isContraction(n));
    int axis = ((DynamicUpdate) analysis.node(n).op()).axis();
    int update = analysis.node(n).operands().get(1);
    r.root(update);
    MemberBuilder m = r.members.remove(update);
    r.updated = m.storedAt;
    List<QuasiAffine> at = new ArrayList<>(m.storedAt.orElseThrow());
    at.set(axis, at.get(axis).plus(analysis.start(n)));
    m.storedAt = Optional.of(at);
    m.accesses.set(0, at);
    m.reduction = List.of();
    r.row = Optional.empty();
    r.add(n, m);
    return r;
  }

  /** The first member: stored, its dimensions the region's axes. */
  private void root(int n) {
    MemberBuilder m = new MemberBuilder();
    List<QuasiAffine> at = new ArrayList<>();
    Set<Axis> vectors = new LinkedHashSet<>();
    for (int d : analysis.node(n).type().shape().dims()) {
      Axis a = axis(d);
      if (d > 1) {
        outer.add(a);
        if (analysis.isBatchedGemv(n)
            && analysis.rows(n).contains(analysis.algorithm(n).space().get(at.size()))) {
          vectors.add(a);
        }
      }
      at.add(d == 1 ? QuasiAffine.ZERO : QuasiAffine.atom(Scalar.of(a)));
    }
    m.storedAt = Optional.of(at);
    m.accesses.add(at);
    if (analysis.isReduction(n)) {
      m.reduction = freshReduction(n);
      row = Optional.of(analysis.isBatchedGemv(n) ? vectors : new LinkedHashSet<>(outer));
    }
    add(n, m);
  }

  /** Makes a node a member. */
  void add(int n, MemberBuilder m) {
    members.put(n, m);
    frontier.remove(n);
    for (int o : analysis.read(n)) {
      if (!members.containsKey(o) && !costs.isGeneratable(o)) {
        frontier.add(o);
      }
    }
  }

  Region build() {
    TreeMap<Integer, Region.Member> built = new TreeMap<>();
    for (Map.Entry<Integer, MemberBuilder> e : members.entrySet()) {
      built.put(e.getKey(), e.getValue().build(isLocal(e.getKey(), e.getValue())));
    }
    return new Region(contraction, outer, row, updated, built);
  }

  // Its size.

  /** Number of values it loads, if no more are computed inside. */
  int loads() {
    return frontier.size();
  }

  /** Returns true if the kernel would have too many buffers with another member. */
  boolean isFull(int n) {
    List<Integer> operands = analysis.read(n);
    int more = 0;
    for (int i = 0; i < operands.size(); i++) {
      int o = operands.get(i);
      boolean first = operands.indexOf(o) == i;
      if (first && !frontier.contains(o) && !members.containsKey(o) && !costs.isGeneratable(o)) {
        more++;
      }
    }
    return members.size() >= analysis.limits.maxMembers()
        || (more > 1 && frontier.size() + more > analysis.limits.maxBuffers());
  }

  int stored() {
    int count = 0;
    for (MemberBuilder m : members.values()) {
      count += m.stored() ? 1 : 0;
    }
    return count;
  }

  int reductions() {
    int count = 0;
    for (int n : members.keySet()) {
      count += analysis.isReduction(n) ? 1 : 0;
    }
    return count;
  }

  boolean isInPlace() {
    return updated.isPresent();
  }

  // Its members.

  /** The value of a member at one of its accesses, loads naming nodes. */
  Scalar value(int n, MemberBuilder m, List<QuasiAffine> at) {
    return updated.isPresent() && m.stored()
        ? analysis.load(analysis.node(n).operands().get(1), updated.get())
        : analysis.value(n, at, m.reduction);
  }

  /** Returns true if a member gets a stage of its own, so that its expression is written once. */
  boolean isLocal(int n, MemberBuilder m) {
    if (m.stored() || analysis.isReduction(n) || m.kept || m.scratch.isPresent()) {
      return true;
    }
    if (m.accesses.size() != 1) {
      return false;
    }
    List<Integer> dims = analysis.node(n).type().shape().dims();
    for (int d = 0; d < dims.size(); d++) {
      QuasiAffine l = m.accesses.getFirst().get(d);
      if (!l.within(0, dims.get(d))) {
        // Only read under a guard.
        return false;
      }
      for (int i = 0; i < l.size(); i++) {
        if (!(l.atom(i) instanceof Scalar.AxisIndex x) || !isSpace(x.axis())) {
          return false;
        }
      }
    }
    return analysis.cost(n) > 0 && (m.loads > 1 || row.isPresent());
  }

  // Its axes.

  /** Returns true for an axis that a kernel of this region runs over in parallel. */
  boolean isSpace(Axis a) {
    return row.isPresent() ? row.get().contains(a) : outer.contains(a);
  }

  /** Axes of its own for a node's reduction. */
  List<QuasiAffine> freshReduction(int n) {
    List<QuasiAffine> l = new ArrayList<>();
    for (Axis a : analysis.algorithm(n).reduction()) {
      l.add(a.extent() == 1 ? QuasiAffine.ZERO : QuasiAffine.atom(Scalar.of(axis(a.extent()))));
    }
    return l;
  }

  /**
   * An access that runs over rows by reduction axes, as one by new inner axes, so that the region
   * can store what it reads.
   */
  List<QuasiAffine> overInnerAxes(List<QuasiAffine> at) {
    Substitution s = Substitution.inKernel();
    for (Axis a : IndexAnalysis.axes(at).orElseThrow()) {
      if (!outer.contains(a)) {
        Axis fresh = axis(a.extent());
        outer.add(fresh);
        s.put(a, QuasiAffine.atom(Scalar.of(fresh)));
      }
    }
    return s.indexes(at);
  }

  /**
   * Splits an axis in two wherever it occurs.
   *
   * <p>Before: {@code a < 768: x[a/64, a%64]}. After, with an inner extent of 64: {@code h < 12, l
   * < 64: x[h, l]}.
   */
  void split(Axis a, int inner) {
    Axis high = axis(a.extent() / inner);
    Axis low = axis(inner);
    Substitution s =
        Substitution.inKernel()
            .put(
                a,
                QuasiAffine.atom(Scalar.of(high))
                    .times(inner)
                    .plus(QuasiAffine.atom(Scalar.of(low))));
    int at = outer.indexOf(a);
    if (at >= 0) {
      outer.set(at, high);
      outer.add(at + 1, low);
    }
    if (row.isPresent() && row.get().remove(a)) {
      row.get().add(high);
      row.get().add(low);
    }
    for (MemberBuilder m : members.values()) {
      m.substitute(s);
    }
    updated = updated.map(s::indexes);
  }

  private Axis axis(int extent) {
    return new Axis(nextAxis++, extent);
  }
}
