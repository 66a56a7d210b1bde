package dev.lgc.compiler.shard;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Concat;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Movement;
import dev.lgc.compiler.op.Slice;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.storage.AxisSplit;
import dev.lgc.compiler.shard.SplitUse.After;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The split of every value of a graph, given those of the stored tensors, and the stored tensors
 * that have to be split for it.
 *
 * <p>A node computes a part if it can do so from parts of its operands and everything else it reads
 * is there: whole, or in such a part. A split begins at a product with a matrix, and at a look-up
 * in a table, whose result is gathered at once.
 */
final class SplitAnalysis {
  private final Graph graph;
  private final AxisCuts cuts;
  private final StoredSplits stored;
  private final SplitRules rules;
  private final Set<Integer> toGather = new TreeSet<>();
  private final List<SplitUse> uses = new ArrayList<>();

  /**
   * Analyses a graph, and has stored tensors split or kept whole as it needs them.
   *
   * @param gathered values that are gathered at once
   */
  SplitAnalysis(Graph graph, AxisCuts cuts, StoredSplits stored, Set<Integer> gathered) {
    this.graph = graph;
    this.cuts = cuts;
    this.stored = stored;
    this.rules = new SplitRules(graph);
    for (int i = 0; i < graph.nodes().size(); i++) {
      SplitUse use = use(graph.node(i));
      uses.add(gathered.contains(i) ? use.gathered() : use);
    }
    graph.updates().forEach(this::update);
    for (int i = 0; i < uses.size(); i++) {
      Node n = graph.node(i);
      for (int k = 0; k < n.operands().size(); k++) {
        if (uses.get(i).operands().get(k).isEmpty()) {
          whole(n.operands().get(k));
        }
      }
    }
    graph.outputs().values().forEach(this::whole);
  }

  /**
   * The values that something needs whole, beyond those that are gathered at once: nothing is saved
   * by going on with parts of them.
   */
  Set<Integer> toGather() {
    return toGather;
  }

  SplitRules rules() {
    return rules;
  }

  /** The way in which ranks compute a node. */
  SplitUse use(int node) {
    return uses.get(node);
  }

  /** The split in which other nodes find a value; nothing where it is whole. */
  Optional<AxisSplit> seen(int value) {
    return uses.get(value).seen();
  }

  private static SplitUse wholly(Node n) {
    return new SplitUse(
        Collections.nCopies(n.operands().size(), Optional.empty()),
        Optional.empty(),
        After.NOTHING);
  }

  private SplitUse use(Node n) {
    if (n.op() instanceof Stored s) {
      return new SplitUse(List.of(), stored.of(s.path()), After.NOTHING);
    }
    for (int k = 0; k < n.operands().size(); k++) {
      int operand = k;
      Optional<SplitUse> use =
          seen(n.operands().get(k)).flatMap(s -> continued(n, s).or(() -> further(n, operand, s)));
      if (use.isPresent()) {
        return use.get();
      }
    }
    return begun(n).orElseGet(() -> wholly(n));
  }

  /** A slice or a concatenation along the axis that is split. */
  private Optional<SplitUse> continued(Node n, AxisSplit s) {
    boolean along =
        n.op() instanceof Slice c && c.axis() == s.axis()
            || n.op() instanceof Concat d && d.axis() == s.axis();
    if (!along) {
      return Optional.empty();
    }
    List<Optional<AxisSplit>> own = n.operands().stream().map(this::seen).toList();
    if (!own.stream().allMatch(o -> o.isPresent() && o.get().axis() == s.axis())) {
      return Optional.empty();
    }
    Optional<AxisSplit> result =
        n.op() instanceof Slice c
            ? s.sliced(c.start(), c.stop())
            : own.stream().map(Optional::get).reduce(AxisSplit::joined);
    return result.map(r -> new SplitUse(own, Optional.of(r), After.NOTHING));
  }

  /** The use that a split of operand {@code k} leads to. */
  private Optional<SplitUse> further(Node n, int k, AxisSplit s) {
    if (n.op() instanceof Contract c) {
      char label = (k == 0 ? c.left() : c.right()).charAt(s.axis());
      if (c.result().indexOf(label) < 0) {
        return obtained(
            n,
            List.of(
                SplitRules.labelled(c.left(), label, s), SplitRules.labelled(c.right(), label, s)),
            Optional.empty(),
            After.ADD);
      }
    }
    // Rows of a table are what all that follows adds up: in parts, everything would be.
    After after = n.op() instanceof Gather ? After.GATHER : After.NOTHING;
    return rules
        .result(n, k, s)
        .flatMap(r -> rules.operands(n, r).flatMap(o -> obtained(n, o, Optional.of(r), after)));
  }

  /** The use if all operands can be had as it reads them; stored tensors are split for it. */
  private Optional<SplitUse> obtained(
      Node n, List<Optional<AxisSplit>> operands, Optional<AxisSplit> result, After after) {
    Map<String, AxisSplit> wanted = new HashMap<>();
    for (int k = 0; k < operands.size(); k++) {
      int o = n.operands().get(k);
      if (operands.get(k).isPresent() && !obtain(o, operands.get(k).get(), wanted)) {
        return Optional.empty();
      }
    }
    wanted.forEach(stored::split);
    return Optional.of(new SplitUse(operands, result, after));
  }

  /** Returns true if ranks can have their parts of a value without a word between them. */
  private boolean obtain(int value, AxisSplit s, Map<String, AxisSplit> wanted) {
    Node n = graph.node(value);
    if (seen(value).isPresent()) {
      return seen(value).get().equals(s);
    }
    if (n.op() instanceof Stored t) {
      AxisSplit before = wanted.getOrDefault(t.path(), s);
      if (!before.equals(s) || !stored.allows(t.path(), s)) {
        return false;
      }
      wanted.put(t.path(), s);
      return true;
    }
    Optional<List<Optional<AxisSplit>>> operands =
        isView(n) ? rules.operands(n, s) : Optional.empty();
    if (operands.isEmpty()) {
      return false;
    }
    for (int k = 0; k < operands.get().size(); k++) {
      Optional<AxisSplit> of = operands.get().get(k);
      if (of.isPresent() && !obtain(n.operands().get(k), of.get(), wanted)) {
        return false;
      }
    }
    return true;
  }

  /** True for what is computed again rather than taken out of a whole value. */
  private static boolean isView(Node n) {
    return n.op() instanceof Source || n.op() instanceof Movement || n.op() instanceof Elementwise;
  }

  /** A split that begins at a node. */
  private Optional<SplitUse> begun(Node n) {
    if (n.op() instanceof Gather && free(n, 0)) {
      Shape s = n.type().shape();
      int last = s.rank() - 1;
      return AxisSplit.of(last, List.of(s.dim(last)), stored.ranks())
          .flatMap(
              r -> rules.operands(n, r).flatMap(o -> obtained(n, o, Optional.of(r), After.GATHER)));
    }
    if (n.op() instanceof Contract c) {
      for (int k = 0; k < 2; k++) {
        if (free(n, k) && seen(n.operands().get(1 - k)).isEmpty()) {
          Optional<SplitUse> use = begun(n, c, k);
          if (use.isPresent()) {
            return use;
          }
        }
      }
    }
    return Optional.empty();
  }

  /** True if an operand is a matrix that may be split as this node likes. */
  private boolean free(Node n, int operand) {
    Node o = graph.node(n.operands().get(operand));
    return o.op() instanceof Stored s && o.type().shape().rank() >= 2 && stored.isFree(s.path());
  }

  /** Splits the matrix that is operand {@code k} along the first axis that only it has. */
  private Optional<SplitUse> begun(Node n, Contract c, int k) {
    String own = k == 0 ? c.left() : c.right();
    String other = k == 0 ? c.right() : c.left();
    for (char label : own.toCharArray()) {
      int axis = c.result().indexOf(label);
      if (axis >= 0 && other.indexOf(label) < 0) {
        Optional<AxisSplit> s = begun(n, axis);
        Optional<SplitUse> use =
            s.flatMap(r -> rules.operands(n, r)).flatMap(o -> obtained(n, o, s, After.NOTHING));
        if (use.isPresent()) {
          return use;
        }
      }
    }
    return Optional.empty();
  }

  /** By the segments that later slices need, or in one. */
  private Optional<AxisSplit> begun(Node n, int axis) {
    int extent = n.type().shape().dim(axis);
    return AxisSplit.of(axis, cuts.segments(uses.size(), axis), stored.ranks())
        .or(() -> AxisSplit.of(axis, List.of(extent), stored.ranks()));
  }

  private void update(String name, int value) {
    Optional<AxisSplit> is = seen(value);
    Optional<AxisSplit> of = stored.of(name);
    if (of.isEmpty()) {
      is.filter(s -> stored.allows(name, s)).ifPresent(s -> stored.split(name, s));
    } else {
      Map<String, AxisSplit> wanted = new HashMap<>();
      if (obtain(value, of.get(), wanted)) {
        wanted.forEach(stored::split);
      } else {
        stored.keepWhole(name);
      }
    }
  }

  /** Stored tensors that would be gathered at every use are kept whole instead. */
  private void whole(int value) {
    if (seen(value).isPresent()) {
      behind(value)
          .ifPresentOrElse(names -> names.forEach(stored::keepWhole), () -> toGather.add(value));
    }
  }

  /** The split tensors that a value is nothing but a view of; empty if it depends on more. */
  private Optional<Set<String>> behind(int value) {
    Node n = graph.node(value);
    return switch (n.op()) {
      case Stored s -> Optional.of(seen(value).isPresent() ? Set.of(s.path()) : Set.of());
      case Source _ -> Optional.of(Set.of());
      case DynamicUpdate _ -> behind(n.operands().getFirst());
      case Movement _, Elementwise _ -> {
        Set<String> all = new LinkedHashSet<>();
        for (int o : n.operands()) {
          Optional<Set<String>> of = behind(o);
          if (of.isEmpty()) {
            yield Optional.empty();
          }
          all.addAll(of.get());
        }
        yield Optional.of(all);
      }
      default -> Optional.empty();
    };
  }
}
