package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.fuse.Fuser;
import dev.lgc.compiler.fuse.InstructionCosts;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.memory.Placement;
import dev.lgc.compiler.op.Contraction;
import dev.lgc.compiler.op.Primitive;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.Stored;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The liveness of each value of a training graph: the times at which it is in memory, as fusion
 * will have it. Times are numbers of kernels in their order. The forward part is what the outputs
 * need; the rest is backward.
 */
final class Liveness {
  static final int NEVER = -1;

  final Graph graph;

  /** For every node the node whose memory it is in. */
  final int[] base;

  final int times;

  /** The time at which a node is computed, {@link #NEVER} if it is not in memory. */
  final int[] defined;

  /** Its last use by the forward part. */
  final int[] lastForward;

  /** Its first and last use by the backward part, {@link #NEVER} if there is none. */
  final int[] firstBackward;

  final int[] lastBackward;

  /** Bytes of what is updated and read, gradients that are added to, say, and of {@link #rank}. */
  private long always;

  /** By time: bytes of blocks of gradients that are there from that time on. */
  final long[] blocks;

  private final RankMemory rank;

  private final boolean[] forward;
  private final Set<Integer> placedElsewhere = new HashSet<>();

  /**
   * The cost of computing a node, without its operands and without storing it, in the units of
   * {@link InstructionCosts}.
   */
  final double[] work;

  /** The cost of all kernels together. */
  final double allWork;

  /**
   * @param traffic of the kernels that will be made of the graph
   */
  Liveness(Graph graph, InstructionCosts costs, List<Fuser.Traffic> traffic, RankMemory rank) {
    this.graph = graph;
    this.rank = rank;
    int n = graph.nodes().size();
    base = Fuser.bases(graph);
    forward = forward(graph);
    defined = never(n);
    lastForward = never(n);
    firstBackward = never(n);
    lastBackward = never(n);
    List<Fuser.Traffic> kernels =
        traffic.stream()
            .sorted(Comparator.comparingInt((Fuser.Traffic t) -> t.stored().getFirst()))
            .toList();
    times = kernels.size();
    blocks = new long[times];
    double total = 0;
    for (int t = 0; t < times; t++) {
      Fuser.Traffic k = kernels.get(t);
      for (int s : k.stored()) {
        defined[s] = t;
        lastForward[s] = Math.max(lastForward[s], t);
        total += (double) costs.write() * elements(s);
      }
      boolean isForward = k.stored().stream().allMatch(s -> forward[s]);
      for (int v : k.loaded()) {
        total += (double) costs.read() * elements(v);
        if (isForward) {
          lastForward[v] = Math.max(lastForward[v], t);
        } else {
          firstBackward[v] = firstBackward[v] == NEVER ? t : Math.min(firstBackward[v], t);
          lastBackward[v] = Math.max(lastBackward[v], t);
        }
      }
    }
    work = new double[n];
    for (int i = 0; i < n; i++) {
      work[i] = work(graph.node(i), costs);
      total += work[i];
    }
    allWork = total;
    elsewhere();
  }

  private static int[] never(int n) {
    int[] times = new int[n];
    Arrays.fill(times, NEVER);
    return times;
  }

  /** True for nodes that the outputs need. */
  private static boolean[] forward(Graph g) {
    boolean[] needed = new boolean[g.nodes().size()];
    g.outputs().values().forEach(v -> needed[v] = true);
    for (int i = needed.length - 1; i >= 0; i--) {
      if (needed[i]) {
        g.node(i).operands().forEach(o -> needed[o] = true);
      }
    }
    return needed;
  }

  /** Outputs, and updates of what the graph also reads, have memory of their own. */
  private void elsewhere() {
    graph.outputs().values().forEach(v -> placedElsewhere.add(base[v]));
    always = rank.gathered();
    List<Integer> scattered = new ArrayList<>();
    Set<String> read = new HashSet<>();
    for (Node n : graph.nodes()) {
      if (n.op() instanceof Stored s) {
        read.add(s.path());
      }
    }
    for (Map.Entry<String, Integer> u : graph.updates().entrySet()) {
      int v = base[u.getValue()];
      if (read.contains(u.getKey())) {
        placedElsewhere.add(v);
        always += bytes(v);
      } else if (isStored(v) && rank.scattered().containsKey(u.getKey())) {
        scattered.add(v);
        blocks[defined[v]] += Placement.align(rank.scattered().get(u.getKey()));
      } else {
        // A gradient: it lasts, in memory that was free until now.
        lastBackward[v] = times - 1;
      }
    }
    scatter(scattered);
  }

  /** Gradients that are scattered are whole until there are enough of them for a message. */
  private void scatter(List<Integer> gradients) {
    gradients.sort(Comparator.comparingInt(v -> defined[v]));
    List<Integer> message = new ArrayList<>();
    long waiting = 0;
    for (int v : gradients) {
      message.add(v);
      waiting += bytes(v);
      if (waiting >= rank.message()) {
        int sent = Math.min(times - 1, defined[v] + 1);
        message.forEach(m -> lastBackward[m] = Math.max(lastBackward[m], sent));
        message.clear();
        waiting = 0;
      }
    }
    message.forEach(m -> lastBackward[m] = times - 1);
  }

  private double work(Node node, InstructionCosts costs) {
    if (!(node.op() instanceof Primitive c)) {
      return 0;
    }
    Algorithm a = c.algorithm(node.operands().stream().map(o -> graph.node(o).type()).toList());
    double points = (double) Axis.positions(a.space()) * Axis.positions(a.reduction());
    boolean product = node.op() instanceof Contraction;
    return points * (product ? 1 : costs.of(a.value()) + (a.reducer() == Reducer.NONE ? 0 : 1));
  }

  long always() {
    return always;
  }

  boolean isForward(int n) {
    return forward[n];
  }

  boolean isSource(int n) {
    return graph.node(n).op() instanceof Source;
  }

  /** Returns true if a node is computed into memory. */
  boolean isStored(int n) {
    return defined[n] != NEVER;
  }

  /** Returns true if its memory is part of what is counted. */
  boolean isCounted(int n) {
    return isStored(n) && !placedElsewhere.contains(n);
  }

  long elements(int n) {
    return graph.node(n).type().shape().elements();
  }

  long bytes(int n) {
    return Placement.align(graph.node(n).type().bytes());
  }
}
