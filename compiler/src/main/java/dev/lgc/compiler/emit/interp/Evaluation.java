package dev.lgc.compiler.emit.interp;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/** Evaluates one algorithm over dense row-major operands. */
final class Evaluation {
  /** Values that one thread computes at a time. */
  private static final long PART = 1 << 16;

  private Evaluation() {}

  static double[] evaluate(
      Algorithm a, List<TensorType> types, double[][] operands, Precision precision) {
    ScalarCompiler.Closure value =
        new ScalarCompiler(types, operands, precision).compile(a.value());
    int axes = 0;
    long count = 1;
    long each = 1;
    for (Axis x : a.space()) {
      axes = Math.max(axes, x.number() + 1);
      count *= x.extent();
    }
    for (Axis x : a.reduction()) {
      axes = Math.max(axes, x.number() + 1);
      each *= x.extent();
    }
    double[] result = new double[Math.toIntExact(count)];
    int width = axes;
    int part = Math.toIntExact(Math.max(1, PART / Math.max(1, each)));
    IntStream.range(0, Math.ceilDiv(result.length, part))
        .parallel()
        .forEach(
            i -> {
              int stop = (int) Math.min(result.length, (i + 1L) * part);
              range(a, value, precision, new int[width], result, i * part, stop);
            });
    return result;
  }

  /** Computes the elements {@code start .. stop}; every one is computed as if it were alone. */
  private static void range(
      Algorithm a,
      ScalarCompiler.Closure value,
      Precision precision,
      int[] position,
      double[] result,
      int start,
      int stop) {
    int rest = start;
    for (Axis x : a.space().reversed()) {
      position[x.number()] = rest % x.extent();
      rest /= x.extent();
    }
    DType to = precision == Precision.AS_TYPED ? a.value().dtype() : DType.F64;
    for (int i = start; i < stop; i++) {
      double v =
          a.reducer() == Reducer.NONE
              ? value.at(position)
              : reduce(a.reducer(), a.reduction(), value, position);
      // A sum of ints wraps as each of its additions would.
      result[i] = a.value().dtype() == DType.I32 ? (int) (long) v : Rounding.to(to, v);
      advance(a.space(), position);
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

  private static double reduce(
      Reducer reducer, List<Axis> axes, ScalarCompiler.Closure value, int[] position) {
    double result = value.at(position);
    int best = 0;
    int at = 0;
    Axis inner = axes.getLast();
    List<Axis> outer = axes.subList(0, axes.size() - 1);
    boolean first = true;
    do {
      for (int i = first ? 1 : 0; i < inner.extent(); i++) {
        position[inner.number()] = i;
        double v = value.at(position);
        at++;
        switch (reducer) {
          case SUM -> result += v;
          case MAX -> result = Math.max(result, v);
          case MIN -> result = Math.min(result, v);
          case ARGMAX -> {
            if (v > result) {
              result = v;
              best = at;
            }
          }
          case ARGMIN -> {
            if (v < result) {
              result = v;
              best = at;
            }
          }
          case NONE -> throw new IllegalStateException();
        }
      }
      position[inner.number()] = 0;
      first = false;
    } while (advance(outer, position));
    return reducer == Reducer.ARGMAX || reducer == Reducer.ARGMIN ? best : result;
  }
}
