package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Composite;
import java.util.function.Predicate;

/** Composites to primitives: what a target has no kernel for. */
public final class Decompose {
  private Decompose() {}

  /** Replaces every composite. */
  public static Graph all(Graph g) {
    return except(g, c -> false);
  }

  /** Replaces every composite but those kept. */
  public static Graph except(Graph g, Predicate<Composite> kept) {
    if (g.nodes().stream().noneMatch(n -> n.op() instanceof Composite c && !kept.test(c))) {
      return g;
    }
    GraphBuilder b = new GraphBuilder();
    int[] values = b.rewrite(g, (i, x) -> replace(b, g.node(i), x, kept));
    // A composite may decompose into others.
    return except(
        b.build(g.name(), Graphs.renamed(g.outputs(), values), Graphs.renamed(g.updates(), values)),
        kept);
  }

  private static int replace(GraphBuilder b, Node n, int[] operands, Predicate<Composite> kept) {
    return n.op() instanceof Composite c && !kept.test(c)
        ? c.decompose(b, operands)
        : b.add(n.op(), operands);
  }
}
