package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Contraction;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.RowFilter;
import dev.lgc.compiler.op.Transpose;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.stream.Stream;

/**
 * Mixed precision (arXiv:1710.03740) for a step that trains: the factors of products are rounded to
 * BF16, their sums and all else stay F32, and so do parameters and what changes them.
 *
 * <pre>
 * before: y = contract(x, w)
 * after:  y = contract(cast bf16 (x), cast bf16 (w))
 * </pre>
 *
 * <p>A value is rounded once, however many products read it, and beneath what only moves it; where
 * nothing else reads it, it is in memory in half of the bytes. The pass comes after the gradients
 * were derived, whose products it finds like any others.
 *
 * <p>Products of matrices and convolutions are rounded, where numbers are used so often that
 * multiplying takes longer than reading. Products of batches of matrices are not: what attention is
 * made of stays F32. Nor are short sums: the distances to a codebook, convolutions of three
 * channels. Nor are weighted sums of rows, which convolutions by tiles multiply: of their products
 * large parts cancel, and an error of the factors would grow.
 */
public final class MixedPrecision {
  /** Uses of each factor's numbers, and products of a sum, below which nothing is rounded. */
  private static final int LEAST = 32;

  private MixedPrecision() {}

  /** The step with rounded factors. */
  public static Graph of(Graph g) {
    GraphBuilder b = new GraphBuilder();
    int[] values = b.rewrite(g, (i, x) -> replaced(b, g.node(i).op(), x));
    return b.build(
        g.name(), Graphs.renamed(g.outputs(), values), Graphs.renamed(g.updates(), values));
  }

  private static int replaced(GraphBuilder b, Op op, int[] x) {
    return isRounded(b, op, x) ? b.add(op, rounded(b, x[0]), rounded(b, x[1])) : b.add(op, x);
  }

  private static boolean isRounded(GraphBuilder b, Op op, int[] x) {
    if (!(op instanceof Contraction c)
        || Stream.of(b.type(x[0]), b.type(x[1])).anyMatch(t -> t.dtype() != DType.F32)
        || c instanceof Contract batches && isBatched(batches)
        || isSumOfRows(b, x[0])
        || isSumOfRows(b, x[1])) {
      return false;
    }
    Algorithm a = c.algorithm(List.of(b.type(x[0]), b.type(x[1])));
    long depth = Axis.positions(a.reduction());
    long products = Axis.positions(a.space()) * depth;
    return depth >= LEAST
        && products >= LEAST * b.type(x[0]).shape().elements()
        && products >= LEAST * b.type(x[1]).shape().elements();
  }

  private static boolean isBatched(Contract c) {
    return c.result().chars().anyMatch(l -> c.left().indexOf(l) >= 0 && c.right().indexOf(l) >= 0);
  }

  private static boolean isSumOfRows(GraphBuilder b, int x) {
    Node n = b.node(x);
    return n.op() instanceof RowFilter
        || n.op() instanceof Transpose && isSumOfRows(b, n.operands().getFirst());
  }

  /** A value in BF16, which a reshape or transposition has from what it moves. */
  private static int rounded(GraphBuilder b, int x) {
    Node n = b.node(x);
    if (n.op() instanceof Reshape || n.op() instanceof Transpose) {
      int operand = rounded(b, n.operands().getFirst());
      return b.at(n.origin(), () -> b.add(n.op(), operand));
    }
    return b.at(n.origin(), () -> b.cast(x, DType.BF16));
  }
}
