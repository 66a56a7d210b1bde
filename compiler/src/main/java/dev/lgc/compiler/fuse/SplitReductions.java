package dev.lgc.compiler.fuse;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.op.Reduce;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Long reductions to few elements become two: partial results that can be computed in parallel, and
 * the reduction of those. How many depends on the shape only, so the result does not depend on the
 * number of threads.
 *
 * <p>Before: {@code sum [0, 1] x : []}, x of [2304, 768]. After: {@code sum [0] (sum [1] (reshape
 * [192, 9216] x))}.
 */
public final class SplitReductions {
  private SplitReductions() {}

  public static Graph of(Graph g, FusionLimits limits) {
    if (IntStream.range(0, g.nodes().size()).noneMatch(n -> parts(g, n, limits) > 1)) {
      return g;
    }
    GraphBuilder b = new GraphBuilder();
    int[] values =
        b.rewrite(
            g,
            (i, x) ->
                parts(g, i, limits) > 1
                    ? split(b, (Reduce) g.node(i).op(), x[0], parts(g, i, limits))
                    : b.add(g.node(i).op(), x));
    return b.build(
        g.name(), Graphs.renamed(g.outputs(), values), Graphs.renamed(g.updates(), values));
  }

  /** Into how many parts to divide the first axes reduced, 1 to leave a node alone. */
  private static int parts(Graph g, int n, FusionLimits limits) {
    if (!(g.node(n).op() instanceof Reduce r)) {
      return 1;
    }
    Shape from = g.node(g.node(n).operands().getFirst()).type().shape();
    long results = g.node(n).type().shape().elements();
    long each = from.elements() / results;
    if (results >= limits.minRows() || from.elements() <= limits.smallElements()) {
      return 1;
    }
    long run = run(r).stream().mapToLong(from::dim).reduce(1, Math::multiplyExact);
    long most = Math.min(Math.min(limits.maxParts(), each / limits.minPart()), run);
    for (long p = most; p > 1; p--) {
      if (run % p == 0) {
        return (int) p;
      }
    }
    return 1;
  }

  /** The first neighbouring axes that are reduced. */
  private static List<Integer> run(Reduce r) {
    List<Integer> run = new ArrayList<>();
    for (int a : r.axes()) {
      if (run.isEmpty() || run.getLast() == a - 1) {
        run.add(a);
      }
    }
    return run;
  }

  private static int split(GraphBuilder b, Reduce r, int x, int parts) {
    Shape from = b.type(x).shape();
    List<Integer> run = run(r);
    long length = run.stream().mapToLong(from::dim).reduce(1, Math::multiplyExact);
    int at = run.getFirst();
    List<Integer> dims = new ArrayList<>(from.dims().subList(0, at));
    dims.add(parts);
    dims.add((int) (length / parts));
    dims.addAll(from.dims().subList(at + run.size(), from.rank()));
    // The axes after the run moved by as many as it lost, and one for the parts.
    List<Integer> inner = new ArrayList<>(List.of(at + 1));
    for (int a : r.axes()) {
      if (!run.contains(a)) {
        inner.add(a - run.size() + 2);
      }
    }
    int partial = b.reduce(r.reducer(), b.reshape(x, new Shape(dims)), inner);
    return b.reduce(r.reducer(), partial, List.of(at));
  }
}
