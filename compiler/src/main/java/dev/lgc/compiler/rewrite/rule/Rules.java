package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import java.util.List;

/** The simplification rules, in order. */
public final class Rules {
  /** Those that make other rules apply stand first. */
  static final List<Simplifier.Rule> ALL =
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

  private Rules() {}

  /** A graph after all rules, without dead nodes. */
  public static Graph applied(Graph g) {
    return applied(g, ALL);
  }

  /** A graph after some rules, without dead nodes. */
  static Graph applied(Graph g, List<Simplifier.Rule> rules) {
    GraphBuilder b = new GraphBuilder();
    Simplifier s = new Simplifier(b, rules);
    int[] values = b.rewrite(g, (i, x) -> s.add(g.node(i).op(), x));
    return b.build(
        g.name(), Graphs.renamed(g.outputs(), values), Graphs.renamed(g.updates(), values));
  }
}
