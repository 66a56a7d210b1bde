package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.ArgReduce;
import dev.lgc.compiler.op.Cast;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Contraction;
import dev.lgc.compiler.op.Elementwise;
import dev.lgc.compiler.op.Movement;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.RowFilter;
import dev.lgc.compiler.op.Transpose;
import dev.lgc.dsl.type.DType;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Mixed precision (arXiv:1710.03740) for a step: the factors of products are rounded to BF16, their
 * sums and all else stay F32, and so do parameters and what changes them.
 *
 * <pre>
 * before: y = contract(x, w)
 * after:  y = contract(cast bf16 (x), cast bf16 (w))
 * </pre>
 *
 * <p>A value is rounded once, however many products read it, and beneath what only moves it; where
 * nothing else reads it, it is in memory in half of the bytes. A weight that is stored in BF16 is a
 * factor as it is. Of a step that trains, the pass comes after the gradients were derived, whose
 * products it finds like any others.
 *
 * <p>Products of matrices and convolutions are rounded, where numbers are used so often that
 * multiplying takes longer than reading. Products of batches of matrices are not: what attention is
 * made of stays F32. Nor are short sums: convolutions of three channels. Nor are products that are
 * only compared, as distances to a codebook are: the nearest code would be another. Nor are
 * weighted sums of rows, which convolutions by tiles multiply: of their products large parts
 * cancel, and an error of the factors would grow.
 */
public final class MixedPrecision {
  /** Products of a sum below which nothing is rounded. */
  private static final int LEAST_DEPTH = 32;

  /** Uses of each factor's numbers below which a step that trains rounds nothing. */
  private static final int TRAINING_USES = 32;

  /**
   * The same for a function. Nobody reads its factors again for gradients, so that there is less to
   * gain by F32: a decoder's last convolution, of three channels by nine taps, is rounded.
   */
  private static final int INFERENCE_USES = 16;

  private final Graph g;
  private final GraphBuilder b = new GraphBuilder();
  private final int leastUses;

  /** Nodes of the graph that are only compared. */
  private final BitSet compared;

  private MixedPrecision(Graph g, int leastUses) {
    this.g = g;
    this.leastUses = leastUses;
    this.compared = compared(g);
  }

  /** A step that trains, or computes a loss, with rounded factors. */
  public static Graph of(Graph g) {
    return new MixedPrecision(g, TRAINING_USES).rounded();
  }

  /** A function with rounded factors. */
  public static Graph ofInference(Graph g) {
    return new MixedPrecision(g, INFERENCE_USES).rounded();
  }

  private Graph rounded() {
    int[] values = b.rewrite(g, this::replaced);
    return b.build(
        g.name(), Graphs.renamed(g.outputs(), values), Graphs.renamed(g.updates(), values));
  }

  private int replaced(int i, int[] x) {
    return g.node(i).op() instanceof Contraction c && !compared.get(i) && isRounded(c, x)
        ? b.add(c, rounded(x[0]), rounded(x[1]))
        : b.add(g.node(i).op(), x);
  }

  /** Values of which nothing is known but the position of a maximum or minimum. */
  private static BitSet compared(Graph g) {
    BitSet compared = new BitSet();
    List<List<Integer>> users = Graphs.users(g);
    Set<Integer> kept = new HashSet<>(g.outputs().values());
    kept.addAll(g.updates().values());
    for (int i = g.nodes().size() - 1; i >= 0; i--) {
      compared.set(
          i,
          !kept.contains(i)
              && users.get(i).stream().allMatch(u -> compares(g.node(u), compared.get(u))));
    }
    return compared;
  }

  private static boolean compares(Node user, boolean compared) {
    return user.op() instanceof ArgReduce
        || compared && (user.op() instanceof Elementwise || user.op() instanceof Movement);
  }

  private boolean isRounded(Contraction c, int[] x) {
    if (Stream.of(b.type(x[0]), b.type(x[1])).anyMatch(t -> t.dtype() != DType.F32)
        || c instanceof Contract batches && isBatched(batches)
        || isSumOfRows(x[0])
        || isSumOfRows(x[1])) {
      return false;
    }
    Algorithm a = c.algorithm(List.of(b.type(x[0]), b.type(x[1])));
    long depth = Axis.positions(a.reduction());
    long products = Axis.positions(a.space()) * depth;
    return depth >= LEAST_DEPTH
        && products >= leastUses * b.type(x[0]).shape().elements()
        && products >= leastUses * b.type(x[1]).shape().elements();
  }

  private static boolean isBatched(Contract c) {
    return c.result().chars().anyMatch(l -> c.left().indexOf(l) >= 0 && c.right().indexOf(l) >= 0);
  }

  private boolean isSumOfRows(int x) {
    Node n = b.node(x);
    return n.op() instanceof RowFilter
        || n.op() instanceof Transpose && isSumOfRows(n.operands().getFirst());
  }

  /** A value in BF16, which a reshape or transposition has from what it moves. */
  private int rounded(int x) {
    Node n = b.node(x);
    if (n.op() instanceof Reshape || n.op() instanceof Transpose) {
      int operand = rounded(n.operands().getFirst());
      return b.at(n.origin(), () -> b.add(n.op(), operand));
    }
    if (n.op() instanceof Cast && b.type(n.operands().getFirst()).dtype() == DType.BF16) {
      return n.operands().getFirst();
    }
    return b.at(n.origin(), () -> b.cast(apart(x), DType.BF16));
  }

  /**
   * A value as it is rounded: a sum of products is stored before, since tiles compute it in F32.
   */
  private int apart(int x) {
    return b.node(x).op() instanceof Contraction ? b.add(new After(), x, x) : x;
  }
}
