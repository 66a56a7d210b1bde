package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.fuse.FusionLimits;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.Contraction;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Terms;
import java.util.Arrays;
import java.util.Set;

/**
 * Rematerializes values of the forward part: computes them again for the backward part, instead of
 * keeping them from one to the other. The same expression of the same values: the same bits.
 *
 * <pre>
 * before: y = silu(a) * b    …    g' = contract(g, y)
 * after:  y = silu(a) * b    …    y' = silu(after(a, t)) * after(b, t)    g' = contract(g, y')
 * </pre>
 *
 * <p>{@code t} is the last product of the backward part before it: {@link After} keeps {@code y'}
 * from becoming {@code y}, and from being computed any earlier than it has to be. Which values are
 * dropped {@link RematerializedValues} chooses.
 *
 * <p>The last of the passes: those before would not see that a value and its repetition are the
 * same, and what is kept and how long is only known of the graph that is fused.
 */
public final class Rematerialize {
  /** The {@link Origin#derivation()} of a rematerialized node. */
  public static final String AGAIN = "again";

  private final Graph graph;
  private final Liveness live;
  private final Set<Integer> chosen;
  private final GraphBuilder b = new GraphBuilder();
  private final int[] values;

  /** Rematerialized forward nodes, {@link Terms#NONE} where there is none yet. */
  private final int[] again;

  /** True for a forward node that comes of one that is dropped, by what is not in memory. */
  private final boolean[] affected;

  /** The last backward product so far. */
  private int product = Terms.NONE;

  private Rematerialize(Liveness live, RematerializedValues choice) {
    this.live = live;
    graph = live.graph;
    chosen = choice.nodes();
    int n = graph.nodes().size();
    values = new int[n];
    again = new int[n];
    Arrays.fill(again, Terms.NONE);
    affected = new boolean[n];
    for (int i = 0; i < n; i++) {
      boolean comes = graph.node(i).operands().stream().anyMatch(o -> affected[o]);
      affected[i] = live.isForward(i) && (chosen.contains(i) || comes && !live.isStored(i));
    }
  }

  /**
   * A graph that keeps less.
   *
   * @param graph the result
   * @param peak most bytes of it that are alive at one time, about
   */
  public record Result(Graph graph, long peak) {}

  /**
   * Drops what costs next to nothing, and as much more as a limit asks for, as far as that is
   * possible.
   *
   * @param g a training graph of primitives, after all other passes
   * @param limit most bytes that shall be alive at one time: intermediate values and what is
   *     written without being read
   * @param fusion of the target whose kernels are made of the graph
   */
  public static Result fitting(Graph g, long limit, FusionLimits fusion) {
    return fitting(KernelUses.of(g, fusion), limit, RankMemory.NONE);
  }

  /**
   * The same where ranks may hold parameters together.
   *
   * @param uses of the values of such a graph
   */
  public static Result fitting(KernelUses uses, long limit, RankMemory rank) {
    Liveness live = new Liveness(uses, rank);
    RematerializedValues choice = new RematerializedValues(live, uses.costs);
    choice.cheap();
    choice.fit(limit);
    Graph g = uses.graph;
    Graph result = choice.nodes().isEmpty() ? g : new Rematerialize(live, choice).rewritten();
    return new Result(result, choice.peak());
  }

  private Graph rewritten() {
    for (int i = 0; i < values.length; i++) {
      Node n = graph.node(i);
      int[] operands = new int[n.operands().size()];
      for (int k = 0; k < operands.length; k++) {
        int o = n.operands().get(k);
        operands[k] = !live.isForward(i) && affected[o] ? again(o) : values[o];
      }
      values[i] = b.at(n.origin(), () -> b.add(n.op(), operands));
      if (!live.isForward(i) && n.op() instanceof Contraction) {
        product = values[i];
      }
    }
    return b.build(
        graph.name(),
        Graphs.renamed(graph.outputs(), values),
        Graphs.renamed(graph.updates(), values));
  }

  /** A forward node computed again. */
  private int again(int n) {
    if (again[n] == Terms.NONE) {
      again[n] = repeated(n);
    }
    return again[n];
  }

  private int repeated(int n) {
    Node node = graph.node(n);
    if (node.op() instanceof Fill || node.op() instanceof Iota) {
      return values[n];
    }
    int base = live.uses.base[n];
    boolean kept = live.isSource(base) || live.isStored(base) && !chosen.contains(base);
    Origin origin = new Origin(node.origin().where(), node.origin().module(), AGAIN);
    if (kept) {
      return b.at(origin, () -> b.add(new After(), values[n], product));
    }
    int[] operands = new int[node.operands().size()];
    for (int k = 0; k < operands.length; k++) {
      operands[k] = again(node.operands().get(k));
    }
    return b.at(origin, () -> b.add(node.op(), operands));
  }
}
