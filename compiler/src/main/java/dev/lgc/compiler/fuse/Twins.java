package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Uniform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Builds the kernels of a graph's regions, those of repeated layers once: regions that differ only
 * in which nodes they are of get the same kernel, bound to other memory.
 */
final class Twins {
  private final Facts facts;
  private final int[] base;
  private final Map<Algorithm, Integer> algorithms = new IdentityHashMap<>();
  private final Map<List<Object>, Model> known = new HashMap<>();
  private final Map<Kernel, FusedCall> cleaned = new IdentityHashMap<>();

  /**
   * @param base for every node the node whose memory it is in
   */
  Twins(Facts facts, int[] base) {
    this.facts = facts;
    this.base = base;
  }

  /**
   * A call that was built, and the nodes and random streams of its region in order of appearance.
   */
  private record Model(FusedCall call, List<Integer> nodes) {}

  /** The kernel of a region, as it is built. */
  FusedCall call(Region r) {
    Description d = new Description(r);
    if (!d.comparable) {
      return build(r);
    }
    Model twin = known.get(d.key);
    if (twin == null) {
      FusedCall call = build(r);
      known.put(d.key, new Model(call, d.nodes));
      return call;
    }
    Map<Integer, Integer> to = new HashMap<>();
    for (int i = 0; i < d.nodes.size(); i++) {
      to.put(twin.nodes().get(i), d.nodes.get(i));
    }
    return new FusedCall(
        twin.call().kernel(),
        twin.call().bindings().stream().map(to::get).toList(),
        twin.call().stored().stream().map(to::get).toList(),
        Names.origin(facts, r),
        Names.label(facts, r));
  }

  private FusedCall build(Region r) {
    return KernelBuilder.build(facts, r, base);
  }

  /**
   * A call of one of these kernels as it is to be run: loops joined and bounded, numbered in order
   * of use.
   */
  FusedCall cleaned(FusedCall call) {
    FusedCall clean =
        cleaned.computeIfAbsent(
            call.kernel(),
            k -> {
              List<Integer> places = IntStream.range(0, k.buffers().size()).boxed().toList();
              return Canonical.of(
                  new FusedCall(
                      Bounds.of(Coalesce.of(k), facts.limits), places, List.of(), Origin.NONE, ""));
            });
    List<Integer> bindings = clean.bindings().stream().map(call.bindings()::get).toList();
    return new FusedCall(clean.kernel(), bindings, call.stored(), call.origin(), call.label());
  }

  /** All that a region's kernel depends on, nodes numbered in order of appearance. */
  private final class Description {
    final List<Object> key = new ArrayList<>();
    final List<Integer> nodes = new ArrayList<>();
    final Map<Integer, Integer> numbers = new HashMap<>();

    /** Not where an index is loaded from memory: it names nodes. */
    boolean comparable = true;

    Description(Region r) {
      key.add(r.contraction);
      key.add(r.outer);
      key.add(r.row == null ? "none" : r.row);
      r.updated().ifPresent(this::index);
      r.members.forEach(this::member);
    }

    private void member(int n, Region.Member m) {
      node(n);
      if (facts.node(n).op() instanceof Uniform u) {
        key.add(Uniform.class);
        number(FusedCall.stream(u.stream()));
      } else if (facts.algorithm(n) != null) {
        key.add(algorithms.computeIfAbsent(facts.algorithm(n), a -> algorithms.size()));
      }
      for (int o : facts.node(n).operands()) {
        node(o);
      }
      key.add(m.stored);
      key.add(m.kept);
      key.add(m.loads);
      key.add(m.scratch == null ? "none" : m.scratch);
      index(m.reduction);
      index(m.home == null ? List.of() : m.home);
      m.accesses.forEach(this::index);
    }

    private void node(int n) {
      if (number(n)) {
        key.add(facts.node(n).type());
        Op memory = facts.node(base[n]).op();
        key.add(memory instanceof Fill || memory instanceof Iota ? memory : "memory");
        node(base[n]);
      }
    }

    /** Notes a node or stream; whether it is new. */
    private boolean number(int n) {
      Integer earlier = numbers.putIfAbsent(n, nodes.size());
      key.add(earlier == null ? nodes.size() : earlier);
      if (earlier == null) {
        nodes.add(n);
      }
      return earlier == null;
    }

    private void index(List<Linear> index) {
      key.add(index.size());
      for (Linear l : index) {
        key.add(l.constant());
        key.add(l.size());
        for (int i = 0; i < l.size(); i++) {
          key.add(l.factor(i));
          key.add(l.atom(i));
          if (!(l.atom(i) instanceof Scalar.AxisIndex)) {
            Substitution.loads(l.atom(i), x -> comparable = false);
          }
        }
      }
    }
  }
}
