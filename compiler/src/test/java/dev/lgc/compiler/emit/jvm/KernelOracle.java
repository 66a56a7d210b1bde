package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Philox;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Evaluates a kernel point by point in double precision: slow, and plain enough to be believed. */
final class KernelOracle {
  private final Kernel kernel;
  private final List<double[]> buffers;
  private final Map<Axis, Integer> at = new HashMap<>();
  private final Map<Integer, double[]> locals = new HashMap<>();
  private final Map<Integer, List<Integer>> extents = new HashMap<>();

  private KernelOracle(Kernel kernel, List<double[]> buffers) {
    this.kernel = kernel;
    this.buffers = buffers;
  }

  /** Runs the kernel on the buffers' contents. */
  static void run(Kernel kernel, List<double[]> buffers) {
    KernelOracle o = new KernelOracle(kernel, buffers);
    o.loop(kernel.space(), () -> kernel.stages().forEach(o::stage));
  }

  private void loop(List<Axis> axes, Runnable body) {
    if (axes.isEmpty()) {
      body.run();
      return;
    }
    Axis a = axes.getFirst();
    for (int i = 0; i < a.extent(); i++) {
      at.put(a, i);
      loop(axes.subList(1, axes.size()), body);
    }
    at.remove(a);
  }

  private void stage(Stage s) {
    loop(
        s.axes(),
        () -> {
          double v = s.reducer() == Reducer.NONE ? value(s.value()) : reduce(s);
          switch (s.target()) {
            case Stage.Target.Local t -> locals.put(t.number(), new double[] {v});
            case Stage.Target.Scratch t -> {
              int n = t.extents().stream().reduce(1, (x, y) -> x * y);
              extents.put(t.number(), t.extents());
              locals
                      .computeIfAbsent(t.number(), _ -> new double[n])[
                      linear(s.axes().stream().mapToInt(at::get).toArray(), t.extents())] =
                  v;
            }
            case Stage.Target.Store(int buffer, Scalar index) -> {
              DType t = kernel.buffers().get(buffer).dtype();
              buffers.get(buffer)[(int) value(index)] = rounded(t, v);
            }
          }
        });
  }

  private static int linear(int[] index, List<Integer> extents) {
    int n = 0;
    for (int i = 0; i < index.length; i++) {
      n = n * extents.get(i) + index[i];
    }
    return n;
  }

  private double reduce(Stage s) {
    double[] best = {
      switch (s.reducer()) {
        case NONE, SUM -> 0;
        case MAX, ARGMAX -> Double.NEGATIVE_INFINITY;
        case MIN, ARGMIN -> Double.POSITIVE_INFINITY;
      }
    };
    int[] position = {0, 0};
    loop(
        s.reduction(),
        () -> {
          double v = value(s.value());
          switch (s.reducer()) {
            case NONE, SUM -> best[0] += v;
            case MAX -> best[0] = Math.max(best[0], v);
            case MIN -> best[0] = Math.min(best[0], v);
            case ARGMAX, ARGMIN -> {
              if (s.reducer() == Reducer.ARGMAX ? v > best[0] : v < best[0]) {
                best[0] = v;
                position[0] = position[1];
              }
              position[1]++;
            }
          }
        });
    return s.reducer() == Reducer.ARGMAX || s.reducer() == Reducer.ARGMIN ? position[0] : best[0];
  }

  static double rounded(DType t, double v) {
    return switch (t) {
      case I32 -> (int) (long) v;
      case I8 -> (byte) (long) v;
      case BOOL -> v != 0 ? 1 : 0;
      case F32, F64, BF16, F16 -> Rounding.to(t, v);
    };
  }

  private double value(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> l.value();
      case Scalar.AxisIndex(Axis a) -> at.get(a);
      case Scalar.Load l ->
          l.guard().isPresent() && value(l.guard().get()) == 0
              ? l.otherwise()
              : buffers.get(l.operand())[(int) value(l.index().getFirst())];
      case Scalar.Local l ->
          locals
              .get(l.number())[
              l.index().isEmpty()
                  ? 0
                  : linear(
                      l.index().stream().mapToInt(i -> (int) value(i)).toArray(),
                      extents.get(l.number()))];
      case Scalar.Uniform u -> {
        int[] k = u.key().stream().mapToInt(x -> (int) value(x)).toArray();
        yield Philox.uniform(k, (int) value(u.stream()), (int) value(u.index()));
      }
      case Scalar.Apply a -> apply(a);
    };
  }

  private double apply(Scalar.Apply a) {
    double x = value(a.operands().get(0));
    double y = a.operands().size() > 1 ? value(a.operands().get(1)) : 0;
    boolean integral = !a.dtype().isFloat();
    double v =
        switch (a.function()) {
          case ADD -> x + y;
          case SUB -> x - y;
          case MUL -> integral ? (int) ((long) x * (long) y) : x * y;
          case DIV -> integral ? Math.floorDiv((long) x, (long) y) : x / y;
          case MIN -> Math.min(x, y);
          case MAX -> Math.max(x, y);
          case POW -> Math.pow(x, y);
          case MOD -> Math.floorMod((long) x, (long) y);
          case NEG -> -x;
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
          case SELECT -> x != 0 ? y : value(a.operands().get(2));
          case TO_F32, TO_F64, TO_BOOL, TO_BF16, TO_F16 -> x;
          case TO_I32 -> (int) x;
        };
    return switch (a.dtype()) {
      // Wider than the kernel's: the tolerance of the comparison covers it.
      case F32, F64 -> v;
      case BF16, F16, I8, I32, BOOL -> rounded(a.dtype(), v);
    };
  }
}
