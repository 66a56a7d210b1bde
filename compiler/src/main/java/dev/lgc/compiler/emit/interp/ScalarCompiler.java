package dev.lgc.compiler.emit.interp;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Philox;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A scalar expression as a tree of lambdas, each of which computes a row of values. All values are
 * doubles: I32 and BOOL are exact in them, floats are rounded to their type after every function.
 */
final class ScalarCompiler {
  private final List<TensorType> types;
  private final double[][] operands;
  private final Precision precision;

  ScalarCompiler(List<TensorType> types, double[][] operands, Precision precision) {
    this.types = types;
    this.operands = operands;
    this.precision = precision;
  }

  RowValues compile(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> RowValues.constant(l.value());
      case Scalar.AxisIndex a -> axis(a.axis().number());
      case Scalar.Load l -> onceIfConstant(l, load(l));
      case Scalar.Apply a -> onceIfConstant(a, apply(a));
      case Scalar.Uniform u -> onceIfConstant(u, uniform(u));
      case Scalar.Local l -> throw new IllegalArgumentException("a local outside a kernel");
    };
  }

  /** Computes an expression once where it does not depend on the axis of a row. */
  private static RowValues onceIfConstant(Scalar s, RowValues values) {
    int[] axes = axes(s).distinct().toArray();
    return (row, from, to, out) -> {
      if (to - from < 2 || row.isAlongOne(axes)) {
        values.compute(row, from, to, out);
      } else {
        values.compute(row, from, from + 1, out);
        Arrays.fill(out, from + 1, to, out[from]);
      }
    };
  }

  private static IntStream axes(Scalar s) {
    return s instanceof Scalar.AxisIndex a
        ? IntStream.of(a.axis().number())
        : s.children().stream().flatMapToInt(ScalarCompiler::axes);
  }

  private static RowValues axis(int number) {
    return (row, from, to, out) -> {
      boolean along = row.isAlong(number);
      int here = row.position()[number];
      for (int i = from; i < to; i++) {
        out[i] = along ? i : here;
      }
    };
  }

  private RowValues load(Scalar.Load l) {
    RowValues loaded = unguarded(l);
    if (l.guard().isEmpty()) {
      return loaded;
    }
    return RowValues.select(compile(l.guard().get()), loaded, RowValues.constant(l.otherwise()));
  }

  /** Loads at an index that is affine in the positions, or else checked in each dimension. */
  private RowValues unguarded(Scalar.Load l) {
    double[] data = operands[l.operand()];
    TensorType type = types.get(l.operand());
    long[] strides = type.shape().strides();
    AffineIndex sum = AffineIndex.constant(0);
    for (int d = 0; d < strides.length && sum != null; d++) {
      AffineIndex a = AffineIndex.of(l.index().get(d));
      sum = a == null ? null : sum.plus(a.times((int) strides[d]));
    }
    if (sum == null) {
      return checked(l, data, type);
    }
    IndexFunction index = sum.code();
    return (row, from, to, out) -> {
      int step = index.step(row);
      int at = index.first(row) + from * step;
      for (int i = from; i < to; i++, at += step) {
        out[i] = data[at];
      }
    };
  }

  private RowValues checked(Scalar.Load l, double[] data, TensorType type) {
    RowValues[] parts = l.index().stream().map(this::compile).toArray(RowValues[]::new);
    int[] extents = type.shape().dims().stream().mapToInt(Integer::intValue).toArray();
    return (row, from, to, out) -> {
      double[] linear = row.take();
      Arrays.fill(linear, from, to, 0);
      for (int d = 0; d < parts.length; d++) {
        double[] part = parts[d].taken(row, from, to);
        for (int i = from; i < to; i++) {
          linear[i] = linear[i] * extents[d] + checked((int) part[i], extents[d]);
        }
        row.give(part);
      }
      for (int i = from; i < to; i++) {
        out[i] = data[(int) linear[i]];
      }
      row.give(linear);
    };
  }

  private RowValues uniform(Scalar.Uniform u) {
    RowValues[] parts =
        Stream.concat(u.key().stream(), Stream.of(u.index(), u.stream()))
            .map(this::compile)
            .toArray(RowValues[]::new);
    return (row, from, to, out) -> {
      double[][] v = new double[parts.length][];
      for (int k = 0; k < v.length; k++) {
        v[k] = parts[k].taken(row, from, to);
      }
      for (int i = from; i < to; i++) {
        int[] key = {(int) v[0][i], (int) v[1][i], (int) v[2][i], (int) v[3][i]};
        out[i] = Philox.uniform(key, (int) v[5][i], (int) v[4][i]);
      }
      for (double[] values : v) {
        row.give(values);
      }
    };
  }

  private RowValues apply(Scalar.Apply a) {
    Function f = a.function();
    DType type = f.arity() > 0 ? a.operands().getLast().dtype() : a.dtype();
    boolean whole = !type.isFloat();
    DType to = precision == Precision.AS_TYPED ? a.dtype() : DType.F64;
    if (whole && (f == Function.LT || f == Function.LE)) {
      AffineIndex lower = AffineIndex.of(a.operands().get(0));
      AffineIndex upper = AffineIndex.of(a.operands().get(1));
      if (lower != null && upper != null) {
        return atLeast(upper.plus(lower.times(-1)).code(), f == Function.LT ? 1 : 0);
      }
    }
    RowValues x = compile(a.operands().get(0));
    if (f == Function.SELECT) {
      return RowValues.select(x, compile(a.operands().get(1)), compile(a.operands().get(2)));
    }
    if (f.arity() == 1) {
      return unary(unary(f, whole), x, to);
    }
    RowValues y = compile(a.operands().get(1));
    if (f == Function.AND) { // whose second operand may be out of range where the first is false
      return RowValues.select(x, unary(v -> v != 0 ? 1 : 0, y, DType.BOOL), RowValues.constant(0));
    }
    return binary(f, whole, x, y, to);
  }

  private static RowValues atLeast(IndexFunction index, int least) {
    return (row, from, to, out) -> {
      int step = index.step(row);
      int at = index.first(row) + from * step;
      for (int i = from; i < to; i++, at += step) {
        out[i] = at >= least ? 1 : 0;
      }
    };
  }

  private static RowValues unary(DoubleUnaryOperator g, RowValues x, DType type) {
    return (row, from, to, out) -> {
      x.compute(row, from, to, out);
      for (int i = from; i < to; i++) {
        out[i] = g.applyAsDouble(out[i]);
      }
      round(type, from, to, out);
    };
  }

  private static RowValues binary(Function f, boolean whole, RowValues x, RowValues y, DType type) {
    DoubleBinaryOperator g = binary(f, whole);
    return (row, from, to, out) -> {
      x.compute(row, from, to, out);
      double[] right = y.taken(row, from, to);
      if (f == Function.MUL && !whole) { // the most frequent ones: no call for each
        for (int i = from; i < to; i++) {
          out[i] *= right[i];
        }
      } else if (f == Function.ADD && !whole) {
        for (int i = from; i < to; i++) {
          out[i] += right[i];
        }
      } else {
        for (int i = from; i < to; i++) {
          out[i] = g.applyAsDouble(out[i], right[i]);
        }
      }
      row.give(right);
      round(type, from, to, out);
    };
  }

  private static void round(DType type, int from, int to, double[] out) {
    switch (type) {
      case F32 -> {
        for (int i = from; i < to; i++) {
          out[i] = (float) out[i];
        }
      }
      case BF16, F16 -> {
        for (int i = from; i < to; i++) {
          out[i] = Rounding.to(type, out[i]);
        }
      }
      case F64, I32, I8, BOOL -> {}
    }
  }

  private static double checked(double index, double extent) {
    if (index < 0 || index >= extent) {
      throw new IndexOutOfRangeException((int) index, (int) extent);
    }
    return index;
  }

  static DoubleUnaryOperator unary(Function f, boolean whole) {
    return switch (f) {
      case NEG -> whole ? x -> (int) -(long) x : x -> -x;
      case ABS -> whole ? x -> Math.abs((int) x) : Math::abs;
      case SQRT -> Math::sqrt;
      case EXP -> Math::exp;
      case LOG -> Math::log;
      case SIN -> Math::sin;
      case COS -> Math::cos;
      case TANH -> Math::tanh;
      case FLOOR -> Math::floor;
      case NOT -> x -> x != 0 ? 0 : 1;
      case TO_F32, TO_F64, TO_BF16, TO_F16 -> x -> x;
      case TO_I32 -> x -> (int) x;
      case TO_I8 -> x -> (byte) (int) x;
      case TO_BOOL -> x -> x != 0 ? 1 : 0;
      default -> throw new IllegalArgumentException(f + " with one operand");
    };
  }

  static DoubleBinaryOperator binary(Function f, boolean whole) {
    return switch (f) {
      case ADD -> whole ? (x, y) -> (int) ((long) x + (long) y) : Double::sum;
      case SUB -> whole ? (x, y) -> (int) ((long) x - (long) y) : (x, y) -> x - y;
      case MUL -> whole ? (x, y) -> (int) ((long) x * (long) y) : (x, y) -> x * y;
      case DIV -> whole ? (x, y) -> Math.floorDiv((int) x, (int) y) : (x, y) -> x / y;
      case MOD -> (x, y) -> Math.floorMod((int) x, (int) y);
      case MIN -> Math::min;
      case MAX -> Math::max;
      case POW -> Math::pow;
      case LT -> (x, y) -> x < y ? 1 : 0;
      case LE -> (x, y) -> x <= y ? 1 : 0;
      case EQ -> (x, y) -> x == y ? 1 : 0;
      case NE -> (x, y) -> x != y ? 1 : 0;
      case AND -> (x, y) -> x != 0 && y != 0 ? 1 : 0;
      case OR -> (x, y) -> x != 0 || y != 0 ? 1 : 0;
      case CHECK_INDEX -> ScalarCompiler::checked;
      default -> throw new IllegalArgumentException(f + " with two operands");
    };
  }
}
