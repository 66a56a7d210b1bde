package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.fuse.Fuser;
import dev.lgc.compiler.fuse.FusionLimits;
import dev.lgc.compiler.fuse.InstructionCosts;
import dev.lgc.compiler.fuse.LiveOut;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Contraction;
import dev.lgc.compiler.op.Primitive;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The uses of a training graph's values by its kernels, as fusion will make them, and the costs of
 * both: all that rematerialization goes by and that is alike on one process and on any ranks. Times
 * are numbers of kernels in their order. The forward part is what the outputs need; the rest is
 * backward.
 */
public final class KernelUses {
  static final int NEVER = -1;

  final Graph graph;
  final InstructionCosts costs;

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

  /** True for nodes that the outputs need. */
  final boolean[] forward;

  /**
   * The cost of computing a node, without its operands and without storing it, in the units of
   * {@link InstructionCosts}.
   */
  final double[] work;

  /** The cost of all kernels together. */
  final double allWork;

  /**
   * The uses in a graph.
   *
   * @param limits of the target whose kernels are made of the graph
   */
  public static KernelUses of(Graph graph, FusionLimits limits) {
    int[] base = Fuser.bases(graph);
    List<Fuser.Traffic> traffic = Fuser.traffic(graph, LiveOut.of(graph, base), limits);
    return new KernelUses(graph, base, limits.costs(), traffic);
  }

  private KernelUses(Graph graph, int[] base, InstructionCosts costs, List<Fuser.Traffic> traffic) {
    this.graph = graph;
    this.base = base;
    this.costs = costs;
    int n = graph.nodes().size();
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
      work[i] = work(graph.node(i));
      total += work[i];
    }
    allWork = total;
  }

  private static int[] never(int n) {
    int[] times = new int[n];
    Arrays.fill(times, NEVER);
    return times;
  }

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

  private double work(Node node) {
    if (!(node.op() instanceof Primitive c)) {
      return 0;
    }
    Algorithm a = c.algorithm(node.operands().stream().map(o -> graph.node(o).type()).toList());
    double points = (double) Axis.positions(a.space()) * Axis.positions(a.reduction());
    boolean product = node.op() instanceof Contraction;
    return points * (product ? 1 : costs.of(a.value()) + (a.reducer() == Reducer.NONE ? 0 : 1));
  }

  long elements(int n) {
    return graph.node(n).type().shape().elements();
  }
}
