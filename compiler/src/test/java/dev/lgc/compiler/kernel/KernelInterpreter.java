package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Philox;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.jvm.IndexFault;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Runs a kernel point by point, as its package says. Slow and plain: what emitters and the lowering
 * are compared with.
 */
public final class KernelInterpreter {
  /** The elements of a buffer. */
  public interface Memory {
    double get(int index);

    void set(int index, double value);
  }

  private final List<? extends Memory> memory;
  private final Precision precision;
  private final int[] position;
  private final List<double[]> locals = new ArrayList<>();
  private final List<List<Integer>> extents = new ArrayList<>();

  /** Of the stage that runs, and where it ends. */
  private Optional<Stage.Bound> bound = Optional.empty();

  private int end;

  private KernelInterpreter(Kernel kernel, List<? extends Memory> memory, Precision precision) {
    this.memory = memory;
    this.precision = precision;
    int axes = 0;
    List<Axis> all = new ArrayList<>(kernel.space());
    for (Stage s : kernel.stages()) {
      all.addAll(s.axes());
      all.addAll(s.reduction());
      switch (s.target()) {
        case Stage.Target.Local l -> declare(l.number(), List.of());
        case Stage.Target.Scratch l -> declare(l.number(), l.extents());
        case Stage.Target.Store t -> {}
      }
    }
    for (Axis a : all) {
      axes = Math.max(axes, a.number() + 1);
    }
    position = new int[axes];
  }

  private void declare(int number, List<Integer> dims) {
    while (locals.size() <= number) {
      locals.add(null);
      extents.add(null);
    }
    locals.set(number, new double[dims.stream().reduce(1, Math::multiplyExact)]);
    extents.set(number, dims);
  }

  /**
   * Runs a kernel.
   *
   * @param memory per buffer
   * @param precision whether F32 values are rounded before they are stored
   * @param backwards visits the points of the space last first: the result must be the same
   */
  public static void run(
      Kernel kernel, List<? extends Memory> memory, Precision precision, boolean backwards) {
    KernelInterpreter k = new KernelInterpreter(kernel, memory, precision);
    long points = 1;
    for (Axis a : kernel.space()) {
      points *= a.extent();
    }
    for (long p = 0; p < points; p++) {
      long rest = backwards ? points - 1 - p : p;
      for (int i = kernel.space().size() - 1; i >= 0; i--) {
        Axis a = kernel.space().get(i);
        k.position[a.number()] = (int) (rest % a.extent());
        rest /= a.extent();
      }
      kernel.stages().forEach(k::stage);
    }
  }

  private void stage(Stage s) {
    if (s.target() instanceof Stage.Target.Scratch l) {
      // What a bound leaves out has no value.
      Arrays.fill(locals.get(l.number()), Double.NaN);
    }
    bound = s.bound();
    end = bound.map(b -> Stage.Bound.visited((int) eval(b.end()), b.axis().extent())).orElse(0);
    do {
      double v = s.reducer() == Reducer.NONE ? eval(s.value()) : reduce(s);
      switch (s.target()) {
        case Stage.Target.Local l -> locals.get(l.number())[0] = v;
        case Stage.Target.Scratch l ->
            locals
                    .get(l.number())[
                    offset(l.extents(), s.axes().stream().map(Scalar::of).toList())] =
                v;
        case Stage.Target.Store t -> memory.get(t.buffer()).set((int) eval(t.index()), v);
      }
    } while (advance(s.axes()));
  }

  private double reduce(Stage s) {
    double result = eval(s.value());
    int best = 0;
    for (int at = 1; advance(s.reduction()); at++) {
      double v = eval(s.value());
      switch (s.reducer()) {
        case SUM -> result += v;
        case MAX -> result = Math.max(result, v);
        case MIN -> result = Math.min(result, v);
        case ARGMAX, ARGMIN -> {
          if (s.reducer() == Reducer.ARGMAX ? v > result : v < result) {
            result = v;
            best = at;
          }
        }
        case NONE -> throw new IllegalStateException();
      }
    }
    boolean position = s.reducer() == Reducer.ARGMAX || s.reducer() == Reducer.ARGMIN;
    return position ? best : rounded(s.value().dtype(), result);
  }

  /** To the next position, last axis fastest; false after the last, when all are 0 again. */
  private boolean advance(List<Axis> axes) {
    for (int d = axes.size() - 1; d >= 0; d--) {
      Axis a = axes.get(d);
      boolean ends = bound.filter(b -> b.axis().equals(a)).isPresent();
      if (++position[a.number()] < (ends ? end : a.extent())) {
        return true;
      }
      position[a.number()] = 0;
    }
    return false;
  }

  private int offset(List<Integer> dims, List<Scalar> index) {
    int at = 0;
    for (int i = 0; i < dims.size(); i++) {
      at = at * dims.get(i) + (int) eval(index.get(i));
    }
    return at;
  }

  private double eval(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> l.value();
      case Scalar.AxisIndex i -> position[i.axis().number()];
      case Scalar.Local l -> locals.get(l.number())[offset(extents.get(l.number()), l.index())];
      case Scalar.Load l ->
          l.guard().isPresent() && eval(l.guard().get()) == 0
              ? l.otherwise()
              : memory.get(l.operand()).get((int) eval(l.index().getFirst()));
      case Scalar.Uniform u -> {
        int[] key = u.key().stream().mapToInt(k -> (int) eval(k)).toArray();
        yield Philox.uniform(key, (int) eval(u.stream()), (int) eval(u.index()));
      }
      case Scalar.Apply a -> rounded(a.dtype(), apply(a));
    };
  }

  private double rounded(DType type, double v) {
    return type == DType.F32 && precision == Precision.DOUBLE ? v : Rounding.to(type, v);
  }

  private double apply(Scalar.Apply a) {
    double x = eval(a.operands().getFirst());
    if (a.function() == Function.SELECT) {
      return eval(a.operands().get(x != 0 ? 1 : 2));
    }
    boolean whole = !a.operands().getFirst().dtype().isFloat();
    double y = a.operands().size() > 1 ? eval(a.operands().get(1)) : 0;
    return switch (a.function()) {
      case ADD -> whole ? (int) ((long) x + (long) y) : x + y;
      case SUB -> whole ? (int) ((long) x - (long) y) : x - y;
      case MUL -> whole ? (int) ((long) x * (long) y) : x * y;
      case DIV -> whole ? Math.floorDiv((int) x, (int) y) : x / y;
      case MOD -> Math.floorMod((int) x, (int) y);
      case MIN -> Math.min(x, y);
      case MAX -> Math.max(x, y);
      case POW -> Math.pow(x, y);
      case NEG -> whole ? (int) -(long) x : -x;
      case ABS -> Math.abs(x);
      case SQRT -> Math.sqrt(x);
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
      case TANH -> Math.tanh(x);
      case FLOOR -> Math.floor(x);
      case LT -> x < y ? 1 : 0;
      case LE -> x <= y ? 1 : 0;
      case EQ -> x == y ? 1 : 0;
      case NE -> x != y ? 1 : 0;
      case AND -> x != 0 && y != 0 ? 1 : 0;
      case OR -> x != 0 || y != 0 ? 1 : 0;
      case NOT -> x != 0 ? 0 : 1;
      case TO_F32, TO_F64, TO_BF16, TO_F16 -> x;
      case TO_I8 -> (byte) (int) x;
      case TO_I32 -> (int) x;
      case TO_BOOL -> x != 0 ? 1 : 0;
      case CHECK_INDEX -> {
        if (x < 0 || x >= y) {
          throw new IndexFault((int) x, (int) y);
        }
        yield x;
      }
      case SELECT -> throw new IllegalStateException();
    };
  }
}
