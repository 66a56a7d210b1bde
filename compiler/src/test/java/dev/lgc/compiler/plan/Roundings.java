package dev.lgc.compiler.plan;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Floor;
import dev.lgc.dsl.type.DType;
import java.util.Random;

/**
 * A graph whose functions are less exact: every element that one gives is up to a unit in its last
 * place more or less. What cancels in the graph as it stands does not here.
 */
final class Roundings {
  private final GraphBuilder builder = new GraphBuilder();
  private final Random random;

  private Roundings(Random random) {
    this.random = random;
  }

  static Graph disturb(Graph g, Random random) {
    return new Roundings(random).disturbed(g);
  }

  private Graph disturbed(Graph g) {
    int[] values = new int[g.nodes().size()];
    for (int i = 0; i < values.length; i++) {
      Node n = g.node(i);
      int same = builder.add(n.op(), Graphs.renamed(n.operands(), values));
      values[i] =
          n.op() instanceof Elementwise && n.type().dtype() == DType.F32 ? disturbed(same) : same;
    }
    return builder.build(
        g.name(), Graphs.renamed(g.outputs(), values), Graphs.renamed(g.updates(), values));
  }

  /** Whole numbers stay as they are: they may be compared, or be an index. */
  private int disturbed(int value) {
    double[] factors =
        random
            .doubles(builder.type(value).shape().elements(), -0x1p-23, 0x1p-23)
            .map(d -> (float) (1 + d))
            .toArray();
    int moved = builder.mul(value, builder.add(new Dense(builder.type(value), factors)));
    return builder.where(builder.equal(value, builder.add(new Floor(), value)), value, moved);
  }
}
