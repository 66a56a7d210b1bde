package dev.lgc.compiler.emit.interp;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.dsl.type.DType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Evaluates a collective on all ranks of a run.
 *
 * <p><b>Example.</b> The sum of the operands {@code x0 … x3} of a group of four is {@code (x0 + x1)
 * + (x2 + x3)}: first the sums of halves, then their sum, each rounded.
 */
final class CollectiveEvaluation {
  private CollectiveEvaluation() {}

  /**
   * The result on each rank.
   *
   * @param operands of each rank
   * @throws IllegalArgumentException if the ranks are no whole groups
   */
  static double[][] evaluate(Collective c, double[][] operands, Precision precision) {
    int ranks = operands.length;
    RankGroup group = c.group();
    if (!group.divides(ranks)) {
      throw new IllegalArgumentException(c.name() + " " + group + " on " + ranks + " ranks");
    }
    double[][] results = new double[ranks][];
    for (int r = 0; r < ranks; r++) {
      List<double[]> of = group.ranks(r).stream().map(q -> operands[q]).toList();
      results[r] =
          switch (c) {
            case AllGather _ -> of.stream().flatMapToDouble(Arrays::stream).toArray();
            case AllReduce _ -> sum(of, precision);
            case ReduceScatter _ -> {
              int n = operands[r].length / group.size();
              int from = group.place(r) * n;
              Stream<double[]> blocks = of.stream().map(x -> Arrays.copyOfRange(x, from, from + n));
              yield sum(blocks.toList(), precision);
            }
          };
    }
    return results;
  }

  private static double[] sum(List<double[]> terms, Precision precision) {
    if (terms.size() == 1) {
      return terms.getFirst();
    }
    int half = terms.size() / 2;
    double[] a = sum(terms.subList(0, half), precision);
    double[] b = sum(terms.subList(half, terms.size()), precision);
    DType to = precision == Precision.AS_TYPED ? DType.F32 : DType.F64;
    double[] sum = new double[a.length];
    Arrays.setAll(sum, i -> Rounding.to(to, a[i] + b[i]));
    return sum;
  }
}
