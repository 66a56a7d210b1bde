package dev.lgc.compiler.emit.interp;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Philox;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * A scalar expression as a tree of lambdas over the positions on the axes. All values are doubles:
 * I32 and BOOL are exact in them, floats are rounded to their type after every function.
 */
final class ScalarCompiler {
  /** The value at a position, by axis number. */
  interface Closure {
    double at(int[] position);
  }

  private final List<TensorType> types;
  private final double[][] operands;
  private final Precision precision;

  ScalarCompiler(List<TensorType> types, double[][] operands, Precision precision) {
    this.types = types;
    this.operands = operands;
    this.precision = precision;
  }

  Closure compile(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> {
        double v = l.value();
        yield p -> v;
      }
      case Scalar.AxisIndex a -> {
        int n = a.axis().number();
        yield p -> p[n];
      }
      case Scalar.Load l -> load(l);
      case Scalar.Apply a -> apply(a);
      case Scalar.Uniform u -> uniform(u);
      case Scalar.Local l -> throw new IllegalArgumentException("a local outside a kernel");
    };
  }

  private Closure load(Scalar.Load l) {
    double[] data = operands[l.operand()];
    IndexFunction index = index(l);
    if (l.guard().isEmpty()) {
      return p -> data[index.at(p)];
    }
    Closure guard = compile(l.guard().get());
    double otherwise = l.otherwise();
    return p -> guard.at(p) != 0 ? data[index.at(p)] : otherwise;
  }

  /**
   * The linear index: affine in the positions where the algorithm is, else checked per dimension.
   */
  private IndexFunction index(Scalar.Load l) {
    TensorType type = types.get(l.operand());
    long[] strides = type.shape().strides();
    AffineIndex sum = AffineIndex.constant(0);
    for (int d = 0; d < strides.length && sum != null; d++) {
      AffineIndex a = AffineIndex.of(l.index().get(d));
      sum = a == null ? null : sum.plus(a.times((int) strides[d]));
    }
    if (sum != null) {
      return sum.code();
    }
    int n = strides.length;
    Closure[] parts = l.index().stream().map(this::compile).toArray(Closure[]::new);
    int[] extents = type.shape().dims().stream().mapToInt(Integer::intValue).toArray();
    return p -> {
      long linear = 0;
      for (int d = 0; d < n; d++) {
        int i = (int) parts[d].at(p);
        if (i < 0 || i >= extents[d]) {
          throw new IndexOutOfRangeException(i, extents[d]);
        }
        linear = linear * extents[d] + i;
      }
      return (int) linear;
    };
  }

  private Closure uniform(Scalar.Uniform u) {
    Closure[] key = u.key().stream().map(this::compile).toArray(Closure[]::new);
    Closure index = compile(u.index());
    Closure stream = compile(u.stream());
    return p -> {
      int[] words = new int[4];
      for (int i = 0; i < 4; i++) {
        words[i] = (int) key[i].at(p);
      }
      return Philox.uniform(words, (int) stream.at(p), (int) index.at(p));
    };
  }

  private Closure apply(Scalar.Apply a) {
    Function f = a.function();
    DType type = f.arity() > 0 ? a.operands().getLast().dtype() : a.dtype();
    boolean whole = !type.isFloat();
    DType to = precision == Precision.AS_TYPED ? a.dtype() : DType.F64;
    boolean rounded = to == DType.F32;
    if (whole && (f == Function.LT || f == Function.LE)) {
      AffineIndex lower = AffineIndex.of(a.operands().get(0));
      AffineIndex upper = AffineIndex.of(a.operands().get(1));
      if (lower != null && upper != null) {
        IndexFunction room = upper.plus(lower.times(-1)).code();
        int least = f == Function.LT ? 1 : 0;
        return p -> room.at(p) >= least ? 1 : 0;
      }
    }
    Closure x = compile(a.operands().get(0));
    if (f == Function.SELECT) {
      Closure y = compile(a.operands().get(1));
      Closure z = compile(a.operands().get(2));
      return p -> x.at(p) != 0 ? y.at(p) : z.at(p);
    }
    if (f.arity() == 1) {
      return rounded(unary(f, whole), x, to);
    }
    Closure y = compile(a.operands().get(1));
    // The most frequent ones by themselves: fewer calls.
    if (f == Function.AND) {
      return p -> x.at(p) != 0 && y.at(p) != 0 ? 1 : 0;
    }
    if (f == Function.MUL && rounded) {
      return p -> (float) (x.at(p) * y.at(p));
    }
    if (f == Function.ADD && rounded) {
      return p -> (float) (x.at(p) + y.at(p));
    }
    DoubleBinaryOperator g = binary(f, whole);
    return switch (to) {
      case F32 -> p -> (float) g.applyAsDouble(x.at(p), y.at(p));
      case BF16, F16 -> p -> Rounding.to(to, g.applyAsDouble(x.at(p), y.at(p)));
      case F64, I32, I8, BOOL -> p -> g.applyAsDouble(x.at(p), y.at(p));
    };
  }

  private static double checked(double index, double extent) {
    if (index < 0 || index >= extent) {
      throw new IndexOutOfRangeException((int) index, (int) extent);
    }
    return index;
  }

  private static Closure rounded(DoubleUnaryOperator g, Closure x, DType to) {
    return switch (to) {
      case F32 -> p -> (float) g.applyAsDouble(x.at(p));
      case BF16, F16 -> p -> Rounding.to(to, g.applyAsDouble(x.at(p)));
      case F64, I32, I8, BOOL -> p -> g.applyAsDouble(x.at(p));
    };
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
