package dev.lgc.compiler.shard;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.storage.AxisSplit;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The graph that each rank computes of a graph whose values are split. */
final class SplitRewriting {
  private final Graph graph;
  private final SplitAnalysis analysis;
  private final StoredSplits stored;
  private final RankGroup group;
  private final GraphBuilder b = new GraphBuilder();

  /** A rank's version of each value: its part, or all of it. */
  private final int[] own;

  /** The gathered values, by value. */
  private final Map<Integer, Integer> gathered = new HashMap<>();

  /** The split of a value that is whole as it is. */
  private record Part(int value, AxisSplit split) {}

  private final Map<Part, Integer> parts = new HashMap<>();

  private SplitRewriting(Graph graph, SplitAnalysis analysis, StoredSplits stored) {
    this.graph = graph;
    this.analysis = analysis;
    this.stored = stored;
    this.group = RankGroup.all(stored.ranks());
    this.own = new int[graph.nodes().size()];
  }

  static Graph of(Graph graph, SplitAnalysis analysis, StoredSplits stored) {
    return new SplitRewriting(graph, analysis, stored).rewritten();
  }

  private Graph rewritten() {
    for (int i = 0; i < own.length; i++) {
      int number = i;
      own[i] = b.at(graph.node(i).origin(), () -> node(number));
    }
    Map<String, Integer> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((name, v) -> outputs.put(name, whole(v)));
    Map<String, Integer> updates = new LinkedHashMap<>();
    graph.updates().forEach((name, v) -> updates.put(name, value(v, stored.of(name))));
    return b.build(graph.name(), outputs, updates);
  }

  private int node(int i) {
    Node n = graph.node(i);
    SplitUse use = analysis.use(i);
    int computed = add(n, use.operands(), use.result());
    return switch (use.after()) {
      case NOTHING -> computed;
      case ADD -> b.derived(computed, "all-reduce", () -> b.add(new AllReduce(group), computed));
      case GATHER -> gather(computed, use.result().orElseThrow(), n.type().shape());
    };
  }

  private int add(Node n, List<Optional<AxisSplit>> operands, Optional<AxisSplit> result) {
    if (n.op() instanceof Stored s && result.isPresent()) {
      return b.add(new Stored(s.path(), result.get().local(s.type())));
    }
    int[] x = new int[operands.size()];
    for (int k = 0; k < x.length; k++) {
      x[k] = value(n.operands().get(k), operands.get(k));
    }
    return b.add(result.map(s -> SplitRules.local(n.op(), s)).orElse(n.op()), x);
  }

  private int value(int v, Optional<AxisSplit> split) {
    return split.map(s -> part(v, s)).orElseGet(() -> whole(v));
  }

  /** A rank's part of a value; of one that is whole it is computed again. */
  private int part(int v, AxisSplit s) {
    if (analysis.seen(v).isPresent()) {
      return own[v];
    }
    Part part = new Part(v, s);
    Integer known = parts.get(part);
    if (known == null) {
      Node n = graph.node(v);
      List<Optional<AxisSplit>> operands = analysis.rules().operands(n, s).orElseThrow();
      known = b.at(n.origin(), () -> add(n, operands, Optional.of(s)));
      parts.put(part, known);
    }
    return known;
  }

  private int whole(int v) {
    Optional<AxisSplit> split = analysis.seen(v);
    if (split.isEmpty()) {
      return own[v];
    }
    Integer known = gathered.get(v);
    if (known == null) {
      Node n = graph.node(v);
      known = b.at(n.origin(), () -> gather(own[v], split.get(), n.type().shape()));
      gathered.put(v, known);
    }
    return known;
  }

  /** Puts the parts of all ranks together. They come one after the other, by rank. */
  private int gather(int part, AxisSplit s, Shape whole) {
    return b.derived(
        part,
        "all-gather",
        () -> {
          int before = product(whole, 0, s.axis());
          int after = product(whole, s.axis() + 1, whole.rank());
          int length = s.extent() / s.ranks();
          int flat = b.reshape(part, before, length, after);
          int all = b.add(new AllGather(group), flat);
          int ranks = b.reshape(all, s.ranks(), before, length, after);
          List<Integer> segments = new ArrayList<>();
          int at = 0;
          for (int segment : s.segments()) {
            int stop = at + segment / s.ranks();
            int some = b.transpose(b.slice(ranks, 2, at, stop), 1, 0, 2, 3);
            segments.add(b.reshape(some, before, segment, after));
            at = stop;
          }
          int[] all3 = segments.stream().mapToInt(x -> x).toArray();
          return b.reshape(all3.length == 1 ? all3[0] : b.concat(1, all3), whole);
        });
  }

  private static int product(Shape s, int from, int to) {
    int n = 1;
    for (int a = from; a < to; a++) {
      n *= s.dim(a);
    }
    return n;
  }
}
