package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.op.DynamicUpdate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    /** What these values load, by node. */
    Map<Integer, Loads> loaded;

    /** Loads of it in the members' expressions, as often as they are written out. */
    int uses;

    /** Loads of it by members as they stand. */
    int loads;

    int depth;

    /** How often one of its expressions is computed. */
    long evaluations;

    boolean stored;

    /** Whether it must be kept for a whole row, since it is dear and needed again and again. */
    boolean kept;

    /** Kept for a whole row: the inner axis it runs over. */
    Axis scratch;

    /** Where it is stored: the access that visits every element once. */
    List<Linear> home;
  }

  /** How a member loads a node: at which distinct indexes, and how many times in all. */
  private static final class Loads {
    final Set<List<Linear>> indexes = new LinkedHashSet<>();
    int count;
  }

  /** Axes to split for one member, at most: shapes that share no refinement would never end. */
  private static final int SPLITS = 12;

  final Facts facts;
  final FusionLimits limits;
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

  Region(Facts facts, FusionLimits limits, boolean contraction) {
    this.facts = facts;
    this.limits = limits;
    this.contraction = contraction;
  }

  Axis axis(int extent) {
    return new Axis(nextAxis++, extent);
  }

  /** The first member: stored, its dimensions the region's axes. */
  void root(int n) {
    Member m = new Member();
    List<Linear> home = new ArrayList<>();
    Set<Axis> vectors = new LinkedHashSet<>();
    for (int d : facts.node(n).type().shape().dims()) {
      Axis a = axis(d);
      if (d > 1) {
        outer.add(a);
        if (facts.isVectorProduct(n)
            && facts.rows(n).contains(facts.algorithm(n).space().get(home.size()))) {
          vectors.add(a);
        }
      }
      home.add(d == 1 ? Linear.ZERO : Linear.atom(Scalar.of(a)));
    }
    m.stored = true;
    m.home = home;
    m.accesses.add(home);
    if (facts.isReduction(n)) {
      m.reduction = freshReduction(n);
      row = facts.isVectorProduct(n) ? vectors : new LinkedHashSet<>(outer);
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
    m.home = new ArrayList<>(m.home);
    m.home.set(axis, m.home.get(axis).plus(facts.start(n)));
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
    for (Axis a : Indexes.axes(at)) {
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
    for (int o : facts.read(n)) {
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
    List<Integer> operands = facts.read(n);
    int more = 0;
    for (int i = 0; i < operands.size(); i++) {
      int o = operands.get(i);
      boolean first = operands.indexOf(o) == i;
      if (first && !frontier.contains(o) && !members.containsKey(o) && !facts.isGeneratable(o)) {
        more++;
      }
    }
    return members.size() >= limits.maxMembers()
        || (more > 1 && frontier.size() + more > limits.maxBuffers());
  }

  /** Points of a space of rows. */
  long rows() {
    return Axis.positions(row);
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

  Optional<List<Linear>> updated() {
    return Optional.ofNullable(updated);
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

  private Map<Integer, Loads> loaded(int n, Member m) {
    if (m.loaded == null) {
      Map<Integer, Loads> loaded = new HashMap<>();
      for (Scalar v : values(n, m)) {
        Substitution.loads(
            v,
            l -> {
              List<Linear> index = new ArrayList<>(l.index().size());
              for (Scalar i : l.index()) {
                index.add(Linear.of(i));
              }
              Loads of = loaded.computeIfAbsent(l.operand(), x -> new Loads());
              of.indexes.add(index);
              of.count++;
            });
      }
      m.loaded = loaded;
    }
    return m.loaded;
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
        Loads found = loaded(c, consumer).get(n);
        int loads = found == null ? 0 : found.count;
        if (found != null) {
          seen.addAll(found.indexes);
        }
        m.loads += loads;
        // The loads are those at all accesses; each is written out as often as it is used.
        int written = isLocal(c, consumer) ? 1 : Math.max(1, consumer.uses);
        m.uses += Math.ceilDiv(loads * written, consumer.accesses.size());
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
      for (Axis a : Indexes.axes(List.of(l))) {
        size *= a.extent();
      }
    }
    return size;
  }

  /** Whether a member gets a stage of its own, so that its expression is written out once. */
  boolean isLocal(int n, Member m) {
    if (m.stored || facts.isReduction(n) || m.kept || m.scratch != null) {
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

  private boolean splitFor(Member m) {
    for (List<Linear> at : m.accesses) {
      for (Linear l : at) {
        for (int i = 0; i < l.size(); i++) {
          if (l.atom(i) instanceof Scalar.Apply a
              && (a.function() == Function.DIV || a.function() == Function.MOD)
              && a.operands().get(0) instanceof Scalar.AxisIndex x
              && a.operands().get(1) instanceof Scalar.Literal k
              && x.axis().extent() % (int) k.value() == 0
              && !isKeptOver(x.axis())) {
            split(x.axis(), (int) k.value());
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Whether rows of one axis are kept, which cannot be split any more. */
  private boolean isKeptOver(Axis a) {
    return members.values().stream()
        .filter(m -> m.kept)
        .anyMatch(m -> m.accesses.stream().anyMatch(at -> Indexes.axes(at).contains(a)));
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
      m.loaded = null;
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

  boolean isBijection(int n, List<Linear> at) {
    return Indexes.isBijection(facts, n, at);
  }

  /** Whether two indexes of {@code n}, at one point of the space, run over the same elements. */
  boolean sameRow(int n, List<Linear> a, List<Linear> b) {
    return Indexes.sameRow(facts, n, a, b, this::isSpace);
  }
}
