package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.op.Contraction;
import dev.lgc.compiler.rewrite.storage.ParameterUses.WholeParameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * The times at which a step gathers parameters. They are gathered in buckets of some bytes, in the
 * order in which nodes read them; what is read later than in the bucket after its own is gathered
 * again. At most two buckets are whole at one time: that which is read, and the next one, on its
 * way meanwhile.
 *
 * <pre>
 * read:      a  b  c  d     d  c     b     a         a parameter is a bucket here
 * buckets:   a  b  c  d        (c)   b     a         c is read in the bucket after its own
 * gathered:  ab c  d           b     a               each once the last but one is done with
 * </pre>
 */
final class GatherSchedule {
  /** For no node: what is gathered when the step begins. */
  static final int AT_ONCE = -1;

  private final Graph graph;
  private final List<Set<WholeParameter>> buckets = new ArrayList<>();

  /** By bucket: the nodes that read it first and last. */
  private final List<Integer> first = new ArrayList<>();

  private final List<Integer> last = new ArrayList<>();

  /** By node: the bucket of each parameter that it reads. */
  private final Map<Integer, Map<WholeParameter, Integer>> reads = new HashMap<>();

  /** By node: the buckets that are gathered once it is computed. */
  private final Map<Integer, List<Integer>> gathered = new HashMap<>();

  /**
   * @param bytes of a bucket: one that has as many takes no more
   * @param size of a whole parameter in bytes
   */
  GatherSchedule(Graph graph, ParameterUses uses, long bytes, ToLongFunction<WholeParameter> size) {
    this.graph = graph;
    long filled = 0;
    for (int n = 0; n < graph.nodes().size(); n++) {
      for (WholeParameter p : uses.readBy(n)) {
        int bucket = bucket(p);
        if (bucket < 0) {
          if (buckets.isEmpty() || filled >= bytes) {
            begin(n);
            filled = 0;
          }
          bucket = buckets.size() - 1;
          buckets.get(bucket).add(p);
          filled += size.applyAsLong(p);
        }
        read(n, p, bucket);
      }
    }
    results(uses);
    for (int k = 0; k < buckets.size(); k++) {
      gathered.computeIfAbsent(time(k), t -> new ArrayList<>()).add(k);
    }
  }

  /** The bucket that a parameter is in, this one or the one before; -1 for none. */
  private int bucket(WholeParameter p) {
    for (int k = buckets.size() - 1; k >= Math.max(0, buckets.size() - 2); k--) {
      if (buckets.get(k).contains(p)) {
        return k;
      }
    }
    return -1;
  }

  private void begin(int n) {
    buckets.add(new LinkedHashSet<>());
    first.add(n);
    last.add(n);
  }

  private void read(int n, WholeParameter p, int bucket) {
    last.set(bucket, n);
    reads.computeIfAbsent(n, x -> new HashMap<>()).put(p, bucket);
  }

  /** A parameter that is a result itself is read when the step ends. */
  private void results(ParameterUses uses) {
    int end = graph.nodes().size();
    Set<Integer> results = new LinkedHashSet<>(graph.outputs().values());
    results.addAll(graph.updates().values());
    for (int r : results) {
      for (WholeParameter p : uses.of(r)) {
        int bucket = bucket(p);
        if (bucket < 0) {
          begin(end - 1);
          bucket = buckets.size() - 1;
          buckets.get(bucket).add(p);
        }
        read(end, p, bucket);
      }
    }
  }

  /** The node once which is computed only one bucket before this one is still to be read. */
  private int time(int bucket) {
    if (bucket < 2) {
      return AT_ONCE;
    }
    int latest = -1;
    int second = -1;
    for (int k = 0; k < bucket; k++) {
      int end = last.get(k);
      second = Math.max(second, Math.min(latest, end));
      latest = Math.max(latest, end);
    }
    return product(second, first.get(bucket));
  }

  /**
   * The product at which to gather what is free to be gathered from one node on, and is read by
   * another: products are in memory anyway, so that waiting for one changes no kernel.
   */
  private int product(int from, int before) {
    for (int n = from; n < before; n++) {
      if (isProduct(n)) {
        return n;
      }
    }
    int n = Math.min(from, before) - 1;
    while (n >= 0 && !isProduct(n)) {
      n--;
    }
    return n;
  }

  private boolean isProduct(int n) {
    return graph.node(n).op() instanceof Contraction;
  }

  /** The parameters that are gathered once a node is computed, by bucket, earlier ones first. */
  List<Integer> after(int node) {
    return gathered.getOrDefault(node, List.of());
  }

  /** The parameters of a bucket. */
  Set<WholeParameter> parameters(int bucket) {
    return buckets.get(bucket);
  }

  /**
   * The bucket whose tensor a node reads; of a result, of the node after the last one.
   *
   * @throws NullPointerException if it does not read it
   */
  int bucket(int node, WholeParameter p) {
    return reads.get(node).get(p);
  }
}
