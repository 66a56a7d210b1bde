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
 * Computes values of the forward part again for the backward part, instead of keeping them from one
 * to the other. The same expression of the same values: the same bits.
 *
 * <pre>
 * before: y = silu(a) * b    …    g' = contract(g, y)
 * after:  y = silu(a) * b    …    y' = silu(after(a, t)) * after(b, t)    g' = contract(g, y')
 * </pre>
 *
 * <p>{@code t} is the last product of the backward part before it: {@link After} keeps {@code y'}
 * from becoming {@code y}, and from being computed any earlier than it has to be. Which values are
 * dropped is said in {@link Recomputation}.
 *
 * <p>The last of the passes: those before would not see that a value and its repetition are the
 * same, and what is kept and how long is only known of the graph that is fused.
 */
public final class Rematerialise {
  /** What a node that is computed again has in {@link Origin#derivation()}. */
  public static final String AGAIN = "again";

  private final Graph graph;
  private final Lives lives;
  private final Set<Integer> chosen;
  private final GraphBuilder b = new GraphBuilder();
  private final int[] values;

  /** Repetitions of forward nodes, {@link Terms#NONE} where there is none yet. */
  private final int[] again;

  /** Whether a forward node comes of one that is dropped, by what is not in memory. */
  private final boolean[] affected;

  /** The last backward product so far. */
  private int product = Terms.NONE;

  private Rematerialise(Lives lives, Recomputation choice) {
    this.lives = lives;
    graph = lives.graph;
    chosen = choice.nodes();
    int n = graph.nodes().size();
    values = new int[n];
    again = new int[n];
    Arrays.fill(again, Terms.NONE);
    affected = new boolean[n];
    for (int i = 0; i < n; i++) {
      boolean comes = graph.node(i).operands().stream().anyMatch(o -> affected[o]);
      affected[i] = lives.isForward(i) && (chosen.contains(i) || comes && !lives.isStored(i));
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
    Lives lives = new Lives(g, fusion);
    Recomputation choice = new Recomputation(lives, fusion.costs());
    choice.cheap();
    choice.fit(limit);
    Graph result = choice.nodes().isEmpty() ? g : new Rematerialise(lives, choice).rewritten();
    return new Result(result, choice.peak());
  }

  private Graph rewritten() {
    for (int i = 0; i < values.length; i++) {
      Node n = graph.node(i);
      int[] operands = new int[n.operands().size()];
      for (int k = 0; k < operands.length; k++) {
        int o = n.operands().get(k);
        operands[k] = !lives.isForward(i) && affected[o] ? again(o) : values[o];
      }
      values[i] = b.at(n.origin(), () -> b.add(n.op(), operands));
      if (!lives.isForward(i) && n.op() instanceof Contraction) {
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
    int base = lives.base[n];
    boolean kept = lives.isSource(base) || lives.isStored(base) && !chosen.contains(base);
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
