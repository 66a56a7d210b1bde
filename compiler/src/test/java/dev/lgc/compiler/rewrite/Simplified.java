package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.rewrite.rule.Rules;

/** A graph after the passes that every graph goes through first. */
public final class Simplified {
  private Simplified() {}

  public static Graph of(Graph g) {
    return ConstantTables.compute(Rules.applied(g));
  }
}
