package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.rewrite.rule.Rules;

/**
 * The simplest form of a graph, by rules ({@link dev.lgc.compiler.rewrite.rule}), with tables of
 * constants computed. For graphs that are differentiated no more.
 */
public final class Simplify {
  private Simplify() {}

  /** The graph in simplest form, without dead nodes. */
  public static Graph all(Graph g) {
    return ConstantTables.compute(Rules.applied(g));
  }
}
