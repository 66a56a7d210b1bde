package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Nodes that one kernel computes, under construction. The region has axes; every member is accessed
 * at indexes over them. Members are stored, or kept in a local, or substituted where they are used.
 */
final class Region {
  /** A node in the region. */
  static final class Member {
    /** Distinct indexes at which it is needed, over the region's axes. */
    List<List<Linear>> accesses = new ArrayList<>();

    /** For a reduction, its reduction axes in the region's terms. */
    List<Linear> reduction = List.of();

    /** Its value at each access, loads naming nodes. */
    List<Scalar> values;

    /** Loads of it in the members' expressions, as often as they are written out. */
    int uses;

    /** Loads of it by members as they stand. */
    int loads;

    int depth;

    /** How often one of its expressions is computed. */
    long evaluations;

    boolean stored;

    /** Kept for a whole row: the inner axis it runs over. */
    Axis scratch;

    /** Where it is stored: the access that visits every element once. */
    List<Linear> home;
  }

  private static final int SPLITS = 12;

  /** Elements that make a row worth having. */
  private static final int MIN_ROW = 16;

  final Facts facts;
  final Costs costs;
  final boolean contraction;
  int height;

  /** Regions that store what this one loads, as far as they are known. */
  final Set<Region> producers = new LinkedHashSet<>();

  /** Axes that enumerate the elements of stored members, outermost first. */
  List<Axis> outer = new ArrayList<>();

  /** Once there is a reduction whose result is used inside: the axes of its result. */
  Set<Axis> row;

  /** For a dynamic update in place: where its update is read. */
  private List<Linear> updated;

  final TreeMap<Integer, Member> members = new TreeMap<>();

  /**
   * Operands of members that are no members themselves: what the kernel loads, if none of them
   * joins.
   */
  private final Set<Integer> frontier = new HashSet<>();

  private int nextAxis;

  Region(Facts facts, Costs costs, boolean contraction) {
    this.facts = facts;
    this.costs = costs;
    this.contraction = contraction;
  }

  Axis axis(int extent) {
    return new Axis(nextAxis++, extent);
  }

  /** The first member: stored, its dimensions the region's axes. */
  void root(int n) {
    Member m = new Member();
    List<Linear> home = new ArrayList<>();
    for (int d : facts.node(n).type().shape().dims()) {
      Axis a = axis(d);
      if (d > 1) {
        outer.add(a);
      }
      home.add(d == 1 ? Linear.ZERO : Linear.atom(Scalar.of(a)));
    }
    m.stored = true;
    m.home = home;
    m.accesses.add(home);
    if (facts.isReduction(n)) {
      m.reduction = freshReduction(n);
      row = new LinkedHashSet<>(outer);
    }
    add(n, m);
  }

  /** A dynamic update that writes only what is new: the region runs over the update. */
  void rootInPlace(int n) {
    int axis = ((DynamicUpdate) facts.node(n).op()).axis();
    int update = facts.node(n).operands().get(1);
    root(update);
    Member m = members.remove(update);
    updated = m.home;
    Scalar start = new Scalar.Load(facts.node(n).operands().get(2), DType.I32, List.of());
    m.home = new ArrayList<>(m.home);
    m.home.set(axis, m.home.get(axis).plus(Linear.atom(start)));
    m.accesses.set(0, m.home);
    m.reduction = List.of();
    row = null;
    add(n, m);
  }

  /** Whether this region needs, perhaps through others, what another computes. */
  boolean dependsOn(Region other) {
    Set<Region> seen = new HashSet<>();
    List<Region> todo = new ArrayList<>(List.of(this));
    while (!todo.isEmpty()) {
      for (Region p : todo.removeLast().producers) {
        if (p == other) {
          return true;
        }
        // Heights fall on the way from a producer to what needs it.
        if (p.height < other.height && seen.add(p)) {
          todo.add(p);
        }
      }
    }
    return false;
  }

  /** Makes it at least so high, and what it needs higher. */
  void raise(int least) {
    List<Region> todo = new ArrayList<>();
    if (height < least) {
      height = least;
      todo.add(this);
    }
    while (!todo.isEmpty()) {
      Region r = todo.removeLast();
      for (Region p : r.producers) {
        if (p.height <= r.height) {
          p.height = r.height + 1;
          todo.add(p);
        }
      }
    }
  }

  /**
   * An access that runs over rows by reduction axes, as one by new inner axes, so that the region
   * can store what it reads.
   */
  List<Linear> overInnerAxes(List<Linear> at) {
    Substitution s = new Substitution(null);
    for (Axis a : axes(at)) {
      if (!outer.contains(a)) {
        Axis fresh = axis(a.extent());
        outer.add(fresh);
        s.put(a, Linear.atom(Scalar.of(fresh)));
      }
    }
    return substitute(at, s);
  }

  /** Makes a node a member. */
  void add(int n, Member m) {
    members.put(n, m);
    frontier.remove(n);
    for (int o : facts.node(n).operands()) {
      if (!members.containsKey(o) && !facts.isGeneratable(o)) {
        frontier.add(o);
      }
    }
  }

  /** Values it loads, if no more are computed inside. */
  int loads() {
    return frontier.size();
  }

  /** Whether the kernel would have too many buffers with another member. */
  boolean isFull(int n) {
    long more =
        facts.node(n).operands().stream()
            .filter(o -> !frontier.contains(o) && !members.containsKey(o))
            .filter(o -> !facts.isGeneratable(o))
            .distinct()
            .count();
    return members.size() >= costs.maxMembers()
        || (more > 1 && frontier.size() + more > costs.maxBuffers());
  }

  /** Points of a space of rows. */
  long rows() {
    return row.stream().mapToLong(Axis::extent).reduce(1, Math::multiplyExact);
  }

  long stored() {
    return members.values().stream().filter(m -> m.stored).count();
  }

  long reductions() {
    return members.keySet().stream().filter(facts::isReduction).count();
  }

  boolean isInPlace() {
    return updated != null;
  }

  List<Linear> freshReduction(int n) {
    List<Linear> l = new ArrayList<>();
    for (Axis a : facts.algorithm(n).reduction()) {
      l.add(a.extent() == 1 ? Linear.ZERO : Linear.atom(Scalar.of(axis(a.extent()))));
    }
    return l;
  }

  /** Axes that a kernel of this region runs over in parallel. */
  boolean isSpace(Axis a) {
    return row == null ? outer.contains(a) : row.contains(a);
  }

  /** The value of a member at one of its accesses, loads naming nodes. */
  Scalar value(int n, Member m, List<Linear> at) {
    if (facts.isSource(n)) {
      return source(n, at);
    }
    if (updated != null && m.stored) {
      return source(facts.node(n).operands().get(1), updated);
    }
    Algorithm a = facts.algorithm(n);
    return new Substitution(facts.node(n).operands())
        .putAll(a.space(), at)
        .putAll(a.reduction(), m.reduction)
        .value(a.value());
  }

  private Scalar source(int n, List<Linear> at) {
    return new Scalar.Load(
        n, facts.node(n).type().dtype(), at.stream().map(Linear::toScalar).toList());
  }

  List<Scalar> values(int n, Member m) {
    if (m.values == null) {
      List<Scalar> v = new ArrayList<>();
      for (List<Linear> at : m.accesses) {
        v.add(value(n, m, at));
      }
      m.values = v;
    }
    return m.values;
  }

  /**
   * How the members access {@code n}: axes are split where that removes divisions. No accesses if
   * none does.
   */
  Member accessed(int n) {
    for (int attempt = 0; ; attempt++) {
      Member m = new Member();
      Set<List<Linear>> seen = new LinkedHashSet<>();
      for (int c : facts.consumers(n)) {
        Member consumer = members.get(c);
        if (consumer == null) {
          continue;
        }
        int[] loads = new int[1];
        for (Scalar v : values(c, consumer)) {
          Substitution.loads(
              v,
              l -> {
                if (l.operand() == n) {
                  seen.add(l.index().stream().map(Linear::of).toList());
                  loads[0]++;
                }
              });
        }
        m.loads += loads[0];
        // The loads are those at all accesses; each is written out as often as it is used.
        int written = isLocal(c, consumer) ? 1 : Math.max(1, consumer.uses);
        m.uses += Math.ceilDiv(loads[0] * written, consumer.accesses.size());
        m.depth = Math.max(m.depth, (isLocal(c, consumer) ? 0 : consumer.depth) + 1);
        m.evaluations = Math.max(m.evaluations, evaluations(c, consumer));
      }
      m.accesses.addAll(seen);
      if (attempt == SPLITS || !splitFor(m)) {
        return m;
      }
    }
  }

  private long evaluations(int n, Member m) {
    long size = isLocal(n, m) ? facts.elements(n) : m.evaluations;
    for (Linear l : m.reduction) {
      for (Axis a : axes(List.of(l))) {
        size *= a.extent();
      }
    }
    return size;
  }

  /** Whether a member gets a stage of its own, so that its expression is written out once. */
  boolean isLocal(int n, Member m) {
    if (m.stored || facts.isReduction(n) || m.scratch != null) {
      return true;
    }
    if (m.accesses.size() != 1) {
      return false;
    }
    List<Integer> dims = facts.node(n).type().shape().dims();
    for (int d = 0; d < dims.size(); d++) {
      Linear l = m.accesses.getFirst().get(d);
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
    return facts.cost(n) > 0 && (m.loads > 1 || row != null);
  }

  /**
   * Whether a member that is the same for many elements could be computed once per row, were the
   * region to run over rows.
   */
  boolean canHoist(int n, Member m) {
    if (row != null
        || m.accesses.size() != 1
        || updated != null
        || !isBijection(n, m.accesses.getFirst())) {
      return false;
    }
    Set<Axis> axes = axes(m.accesses.getFirst());
    if (axes == null || !outer.containsAll(axes)) {
      return false;
    }
    long all = 1;
    for (Axis a : outer) {
      all *= a.extent();
    }
    long rows = facts.elements(n);
    return all / rows >= MIN_ROW && (rows >= costs.minRows() || all <= costs.smallElements());
  }

  /** Runs over rows if that saves computing something dear again for every element of a row. */
  void hoist() {
    if (row != null || contraction) {
      return;
    }
    int best = 0;
    Set<Axis> rows = null;
    for (Map.Entry<Integer, Member> e : members.entrySet()) {
      int cost = facts.cost(e.getKey());
      if (!e.getValue().stored
          && cost >= costs.divide()
          && cost > best
          && canHoist(e.getKey(), e.getValue())) {
        best = cost;
        rows = axes(e.getValue().accesses.getFirst());
      }
    }
    row = rows;
  }

  /** Keeps row values that are dear and used more than once, consumers first. */
  void keepRows() {
    if (row == null || contraction) {
      return;
    }
    for (int n : members.descendingKeySet()) {
      Member m = members.get(n);
      if (!isLocal(n, m) && rowCost(n) >= costs.transcendental()) {
        m.uses = accessed(n).uses;
        m.scratch = m.uses > 1 ? rowAxis(n, m) : null;
      }
    }
  }

  /** Cost of one element, with what is written out with it. */
  private int rowCost(int n) {
    int cost = facts.cost(n);
    for (int o : facts.node(n).operands()) {
      Member m = members.get(o);
      if (m != null && !isLocal(o, m)) {
        cost += rowCost(o);
      }
    }
    return cost;
  }

  /**
   * The one inner axis over which a member is needed, if all its accesses run over the same row.
   */
  private Axis rowAxis(int n, Member m) {
    List<Integer> dims = facts.node(n).type().shape().dims();
    Axis found = null;
    for (List<Linear> at : m.accesses) {
      Set<Axis> axes = axes(at);
      if (axes == null || !sameRow(n, m.accesses.getFirst(), at)) {
        return null;
      }
      axes.removeIf(this::isSpace);
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
    long bytes = found == null ? 0 : (long) found.extent() * facts.node(n).type().dtype().bytes();
    return bytes <= costs.scratchBytes() ? found : null;
  }

  /** Where a kept member's row is read at an access: its inner axis. */
  Axis rowAxis(List<Linear> at) {
    for (Axis a : axes(at)) {
      if (!isSpace(a)) {
        return a;
      }
    }
    throw new IllegalStateException("no row in " + at);
  }

  private boolean splitFor(Member m) {
    for (List<Linear> at : m.accesses) {
      for (Linear l : at) {
        for (int i = 0; i < l.size(); i++) {
          if (l.atom(i) instanceof Scalar.Apply a
              && (a.function() == Function.DIV || a.function() == Function.MOD)
              && a.operands().get(0) instanceof Scalar.AxisIndex x
              && a.operands().get(1) instanceof Scalar.Literal k
              && x.axis().extent() % (int) k.value() == 0) {
            split(x.axis(), (int) k.value());
            return true;
          }
        }
      }
    }
    return false;
  }

  private void split(Axis a, int inner) {
    Axis high = axis(a.extent() / inner);
    Axis low = axis(inner);
    Substitution s =
        new Substitution(null)
            .put(a, Linear.atom(Scalar.of(high)).times(inner).plus(Linear.atom(Scalar.of(low))));
    int at = outer.indexOf(a);
    if (at >= 0) {
      outer.set(at, high);
      outer.add(at + 1, low);
    }
    if (row != null && row.remove(a)) {
      row.add(high);
      row.add(low);
    }
    for (Member m : members.values()) {
      m.accesses.replaceAll(x -> substitute(x, s));
      m.reduction = substitute(m.reduction, s);
      m.home = m.home == null ? null : substitute(m.home, s);
      m.values = null;
      m.scratch = null;
    }
    updated = updated == null ? null : substitute(updated, s);
  }

  private static List<Linear> substitute(List<Linear> x, Substitution s) {
    List<Linear> y = new ArrayList<>(x.size());
    for (Linear l : x) {
      y.add(s.index(l.toScalar()));
    }
    return y;
  }

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
  boolean isBijection(int n, List<Linear> at) {
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
  boolean sameRow(int n, List<Linear> a, List<Linear> b) {
    if (a.equals(b)) {
      return true;
    }
    Row x = row(n, a);
    return x != null && x.equals(row(n, b));
  }

  /**
   * What an index runs over at one point of the space.
   *
   * @param start in the space's axes
   * @param steps and counts in the others
   */
  private record Row(Linear start, List<Long> steps) {}

  private Row row(int n, List<Linear> at) {
    Linear l = facts.linear(n, at);
    if (!l.isAffine()) {
      return null;
    }
    Linear start = Linear.constant(l.constant());
    TreeMap<Long, Long> steps = new TreeMap<>();
    for (int i = 0; i < l.size(); i++) {
      Axis axis = ((Scalar.AxisIndex) l.atom(i)).axis();
      if (isSpace(axis)) {
        start = start.plus(Linear.atom(l.atom(i)).times(l.factor(i)));
      } else {
        steps.put(l.factor(i), (long) axis.extent());
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
