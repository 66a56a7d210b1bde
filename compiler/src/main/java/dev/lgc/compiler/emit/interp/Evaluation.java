package dev.lgc.compiler.emit.interp;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Evaluates one algorithm over dense row-major operands, a row of positions at a time. Each element
 * is computed as if it were alone: a sum goes over its positions in order.
 */
final class Evaluation {
  /** Values that one thread computes at a time. */
  private static final long PART = 1 << 16;

  private final Algorithm algorithm;
  private final RowValues value;
  private final DType to;

  /**
   * The axis of rows: one of the result, or the last one of the reduction; null if there is none.
   */
  private final Axis along;

  /** The axes of the result but that of rows. */
  private final List<Axis> outer;

  /** The axes of the reduction but that of rows. */
  private final List<Axis> summed;

  private final double[] result;

  private Evaluation(
      Algorithm a, List<TensorType> types, double[][] operands, Precision precision) {
    this.algorithm = a;
    this.value = new ScalarCompiler(types, operands, precision).compile(a.value());
    this.to = precision == Precision.AS_TYPED ? a.value().dtype() : DType.F64;
    List<Axis> candidates = new ArrayList<>(a.space());
    candidates.addAll(
        a.reduction().subList(Math.max(0, a.reduction().size() - 1), a.reduction().size()));
    this.along = candidates.stream().max(Comparator.comparingInt(Axis::extent)).orElse(null);
    this.outer = a.space().stream().filter(x -> !x.equals(along)).toList();
    this.summed = a.reduction().stream().filter(x -> !x.equals(along)).toList();
    this.result = new double[Math.toIntExact(Axis.positions(a.space()))];
  }

  static double[] evaluate(
      Algorithm a, List<TensorType> types, double[][] operands, Precision precision) {
    Evaluation e = new Evaluation(a, types, operands, precision);
    int rows = Math.toIntExact(Axis.positions(e.outer));
    long each = Axis.positions(a.space()) * Axis.positions(a.reduction()) / Math.max(1, rows);
    int part = Math.toIntExact(Math.max(1, PART / Math.max(1, each)));
    IntStream.range(0, Math.ceilDiv(rows, part))
        .parallel()
        .forEach(i -> e.rows(i * part, (int) Math.min(rows, (i + 1L) * part)));
    return e.result;
  }

  /** Computes the elements of some rows, by the number of their positions on the outer axes. */
  private void rows(int start, int stop) {
    int axes =
        Stream.concat(algorithm.space().stream(), algorithm.reduction().stream())
            .mapToInt(x -> x.number() + 1)
            .max()
            .orElse(0);
    Row row = along == null ? Row.ofOne(axes) : Row.along(along.number(), along.extent(), axes);
    int rest = start;
    for (Axis x : outer.reversed()) {
      row.position()[x.number()] = rest % x.extent();
      rest /= x.extent();
    }
    Accumulation reduction = new Accumulation(algorithm.reducer(), row.length());
    boolean isElement = along == null || algorithm.space().contains(along);
    double[] values = row.take();
    for (int i = start; i < stop; i++) {
      reduction.begin();
      do {
        value.compute(row, 0, row.length(), values);
        if (isElement) {
          reduction.addToEach(values);
        } else {
          reduction.addInOrder(values);
        }
      } while (advance(summed, row.position()));
      store(row, reduction, isElement ? row.length() : 1);
      advance(outer, row.position());
    }
  }

  private void store(Row row, Accumulation reduction, int elements) {
    int first = 0;
    int step = 0;
    int stride = 1;
    for (Axis x : algorithm.space().reversed()) {
      first += row.position()[x.number()] * stride;
      step = x.equals(along) ? stride : step;
      stride *= x.extent();
    }
    for (int k = 0; k < elements; k++) {
      double v = reduction.result(k);
      // A sum of ints wraps as each of its additions would.
      result[first + k * step] =
          algorithm.value().dtype() == DType.I32 ? (int) (long) v : Rounding.to(to, v);
    }
  }

  /** Moves to the next position, last axis fastest; false after the last, when all are 0 again. */
  private static boolean advance(List<Axis> axes, int[] position) {
    for (int d = axes.size() - 1; d >= 0; d--) {
      Axis x = axes.get(d);
      if (++position[x.number()] < x.extent()) {
        return true;
      }
      position[x.number()] = 0;
    }
    return false;
  }
}
