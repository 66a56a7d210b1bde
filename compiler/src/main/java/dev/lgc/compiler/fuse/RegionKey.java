package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Uniform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All that a region's kernel depends on, with nodes numbered in order of appearance: regions with
 * equal keys get the same kernel.
 *
 * <p>In: the norms of two layers, which are of the nodes {@code %3 … %14} and {@code %40 … %51}.
 * Out: equal keys, and the nodes of each that stand for the numbers in it.
 */
final class RegionKey {
  private final NodeAnalysis analysis;
  private final int[] base;

  /** Numbers of algorithms, which are compared by identity. */
  private final Map<Algorithm, Integer> algorithms;

  private final List<Object> key = new ArrayList<>();
  private final List<Integer> nodes = new ArrayList<>();
  private final Map<Integer, Integer> numbers = new HashMap<>();
  private boolean comparable = true;

  /**
   * @param base for every node the node whose memory it is in
   * @param algorithms numbers of algorithms by identity; new ones are added
   */
  RegionKey(NodeAnalysis analysis, int[] base, Map<Algorithm, Integer> algorithms, Region r) {
    this.analysis = analysis;
    this.base = base;
    this.algorithms = algorithms;
    key.add(r.contraction());
    key.add(r.outer());
    key.add(r.row());
    r.updated().ifPresent(this::index);
    r.members().forEach(this::member);
  }

  /** The key itself, without the nodes. */
  List<Object> key() {
    return key;
  }

  /** The region's nodes and random streams, in order of appearance. */
  List<Integer> nodes() {
    return nodes;
  }

  /** Returns false where an index is loaded from memory: it names nodes. */
  boolean isComparable() {
    return comparable;
  }

  private void member(int n, Region.Member m) {
    node(n);
    if (analysis.node(n).op() instanceof Uniform u) {
      key.add(Uniform.class);
      number(FusedCall.stream(u.stream()));
    } else if (!analysis.isSource(n)) {
      key.add(algorithms.computeIfAbsent(analysis.algorithm(n), a -> algorithms.size()));
    }
    for (int o : analysis.node(n).operands()) {
      node(o);
    }
    key.add(m.stored());
    key.add(m.local());
    key.add(m.loads());
    key.add(m.scratch());
    index(m.reduction());
    index(m.storedAt().orElse(List.of()));
    m.accesses().forEach(this::index);
  }

  private void node(int n) {
    if (number(n)) {
      key.add(analysis.node(n).type());
      Op memory = analysis.node(base[n]).op();
      key.add(memory instanceof Fill || memory instanceof Iota ? memory : "memory");
      node(base[n]);
    }
  }

  /** Notes a node or stream; true if it is new. */
  private boolean number(int n) {
    Integer earlier = numbers.putIfAbsent(n, nodes.size());
    key.add(earlier == null ? nodes.size() : earlier);
    if (earlier == null) {
      nodes.add(n);
    }
    return earlier == null;
  }

  private void index(List<QuasiAffine> index) {
    key.add(index.size());
    for (QuasiAffine l : index) {
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
