package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import java.util.List;

/**
 * Applies the simplification rules and computes constant tables. For graphs that are differentiated
 * no more.
 */
public final class Simplify {
  /** Those that make other rules apply stand first. */
  private static final List<Rule> RULES =
      List.of(
          new DropStopGradient(),
          new FoldConstants(),
          new MoveConstants(),
          new Neutral(),
          new Negations(),
          new TrivialWhere(),
          new TrivialMovement(),
          new MergeMovements(),
          new SliceOfConcat(),
          new ReduceSingles(),
          new TransposeIntoContract());

  private Simplify() {}

  /** The graph in simplest form, without dead nodes. */
  public static Graph all(Graph g) {
    return ConstantTables.compute(rules(g, RULES));
  }

  /** The graph after some rules. */
  static Graph rules(Graph g, List<Rule> rules) {
    GraphBuilder b = new GraphBuilder();
    Simplifier s = new Simplifier(b, rules);
    int[] values = Graphs.rewrite(g, b, (i, x) -> s.add(g.node(i).op(), x));
    return b.build(
        g.name(), Graphs.renamed(g.outputs(), values), Graphs.renamed(g.updates(), values));
  }
}
