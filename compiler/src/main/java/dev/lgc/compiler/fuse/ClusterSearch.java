package dev.lgc.compiler.fuse;

import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SumOfProducts;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Joins calls that hand large values to each other, batch by batch, so that these values need not
 * be in memory: the products of attention, forward and backward, with the softmax between them.
 *
 * <p>A value is worth it where a product of two batches of matrices makes it, or uses it, and has
 * nothing larger beside it. All calls that make or use such a value are tried as one {@link
 * Cluster}; what was joined for one value is joined further for the next. No cluster needs, through
 * others, what itself computes ({@link CallGraph}).
 *
 * <p>In: calls of {@code scores = q * k}, {@code softmax}, {@code y = probabilities * v}. Out: one
 * call, with scores and probabilities of one batch at a time in scratch.
 */
final class ClusterSearch {
  private final FusionLimits limits;
  private final List<FusedCall> calls;
  private final CallGraph graph;

  /** Values that must be in memory: those that collectives read or compute among them. */
  private final BitSet liveOut = new BitSet();

  /**
   * By pattern: the cluster, if it can be one and is worth it. Equal layers have equal patterns.
   */
  private final Map<ClusterPattern, Optional<Cluster>> known = new HashMap<>();

  /** By kernel: the product of batches of matrices that it is, if it is one. */
  private final Map<Kernel, Optional<SumOfProducts>> products;

  private ClusterSearch(
      NodeAnalysis analysis,
      List<FusedCall> calls,
      LiveOut liveOut,
      Map<Kernel, Optional<SumOfProducts>> products) {
    this.limits = analysis.limits;
    this.calls = calls;
    this.products = products;
    liveOut.nodes().forEach(this.liveOut::set);
    FusedCollective.of(analysis.graph).forEach(c -> c.bindings().forEach(this.liveOut::set));
    graph = new CallGraph(analysis, calls, liveOut.inPlace());
  }

  /**
   * The same calls, some of them joined.
   *
   * @param calls as they were built, before any clean-up
   */
  static List<FusedCall> of(NodeAnalysis analysis, List<FusedCall> calls, LiveOut liveOut) {
    Map<Kernel, Optional<SumOfProducts>> products = new IdentityHashMap<>();
    calls.forEach(c -> products.computeIfAbsent(c.kernel(), ClusterSearch::batched));
    if (products.values().stream().allMatch(Optional::isEmpty)) {
      return calls;
    }
    ClusterSearch c = new ClusterSearch(analysis, calls, liveOut, products);
    c.join();
    return c.result();
  }

  private static Optional<SumOfProducts> batched(Kernel k) {
    return Cluster.product(k).filter(p -> p.outerCount() > 1);
  }

  private void join() {
    for (int n : candidates()) {
      Set<Integer> all = new TreeSet<>(graph.joined(graph.producer(n).orElseThrow()));
      graph.readers(n).forEach(r -> all.addAll(graph.joined(r)));
      if (all.size() > 1 && !graph.isCircular(all) && cluster(graph.ordered(all)).isPresent()) {
        graph.join(all);
      }
    }
  }

  /** Values that may vanish from memory and are the largest of a product of batches. */
  private Set<Integer> candidates() {
    Set<Integer> large = new TreeSet<>();
    for (FusedCall c : calls) {
      products
          .get(c.kernel())
          .ifPresent(
              p ->
                  largest(p).stream()
                      .map(c.bindings()::get)
                      .filter(this::mayVanish)
                      .forEach(large::add));
    }
    return large;
  }

  /** Of a product's result and factors, the buffers of the largest. */
  private static Set<Integer> largest(SumOfProducts p) {
    long result = p.rowCount() * p.columnCount();
    long a = p.rowCount() * p.depthCount();
    long b = p.depthCount() * p.columnCount();
    long most = Math.max(result, Math.max(a, b));
    Set<Integer> found = new TreeSet<>();
    if (result == most) {
      found.add(p.target().buffer());
    }
    if (a == most) {
      Expressions.loadsOf(p.a()).forEach(l -> found.add(l.operand()));
    }
    if (b == most) {
      Expressions.loadsOf(p.b()).forEach(l -> found.add(l.operand()));
    }
    return found;
  }

  private boolean mayVanish(int n) {
    return n >= 0 && !liveOut.get(n) && graph.isHandedOn(n);
  }

  /** Some calls as one, if they can be and that is worth it. */
  private Optional<Cluster> cluster(List<Integer> all) {
    return known.computeIfAbsent(
        pattern(all, new ArrayList<>()), p -> Cluster.of(p, limits).filter(c -> c.isWorth(limits)));
  }

  /**
   * Some calls without the nodes that they are bound to.
   *
   * @param nodes gets the nodes and random streams that the pattern numbers
   */
  private ClusterPattern pattern(List<Integer> all, List<Integer> nodes) {
    List<ClusterPattern.Part> parts = new ArrayList<>();
    Map<Integer, Integer> numbers = new HashMap<>();
    BitSet inner = new BitSet();
    for (int c : all) {
      List<Integer> bound = new ArrayList<>();
      for (int b : calls.get(c).bindings()) {
        Integer number = numbers.get(b);
        if (number == null) {
          number = nodes.size();
          numbers.put(b, number);
          nodes.add(b);
          inner.set(number, mayVanish(b) && all.containsAll(users(b)));
        }
        bound.add(number);
      }
      parts.add(new ClusterPattern.Part(calls.get(c).kernel(), bound));
    }
    return new ClusterPattern(parts, inner);
  }

  private List<Integer> users(int node) {
    List<Integer> users = new ArrayList<>(graph.readers(node));
    users.add(graph.producer(node).orElseThrow());
    return users;
  }

  private List<FusedCall> result() {
    List<FusedCall> result = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      Set<Integer> all = graph.joined(i);
      if (all.size() == 1) {
        result.add(calls.get(i));
      } else if (all.iterator().next() == i) {
        result.add(joined(graph.ordered(all)));
      }
    }
    return result;
  }

  private FusedCall joined(List<Integer> all) {
    List<Integer> nodes = new ArrayList<>();
    Cluster cluster = known.get(pattern(all, nodes)).orElseThrow();
    List<FusedCall> parts = all.stream().map(calls::get).toList();
    List<Integer> bindings = cluster.bindings().stream().map(nodes::get).toList();
    List<Integer> stored = new ArrayList<>();
    for (FusedCall p : parts) {
      p.stored().stream().filter(bindings::contains).forEach(stored::add);
    }
    FusedCall first =
        parts.stream().filter(p -> products.get(p.kernel()).isPresent()).findFirst().orElseThrow();
    return new FusedCall(
        cluster.kernel(), bindings, stored, first.origin(), KernelNames.joined(first, parts));
  }
}
