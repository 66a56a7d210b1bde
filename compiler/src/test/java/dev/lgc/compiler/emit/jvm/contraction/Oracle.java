package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Evaluates a contraction kernel as it is written, in double precision. */
final class Oracle {
  private final Map<Axis, Integer> at = new HashMap<>();
  private final float[][] buffers;

  private Oracle(float[][] buffers) {
    this.buffers = buffers;
  }

  static double[] evaluate(Kernel kernel, float[][] buffers) {
    Stage stage = kernel.stages().getFirst();
    Stage.Target.Store store = (Stage.Target.Store) stage.target();
    double[] result = new double[(int) kernel.buffers().get(store.buffer()).elements()];
    Oracle oracle = new Oracle(buffers);
    oracle.each(
        kernel.space(),
        0,
        () -> {
          double[] sum = {0};
          oracle.each(stage.reduction(), 0, () -> sum[0] += oracle.value(stage.value()));
          result[(int) oracle.value(store.index())] = sum[0];
        });
    return result;
  }

  private void each(List<Axis> axes, int from, Runnable body) {
    if (from == axes.size()) {
      body.run();
      return;
    }
    for (int i = 0; i < axes.get(from).extent(); i++) {
      at.put(axes.get(from), i);
      each(axes, from + 1, body);
    }
  }

  private double value(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> l.value();
      case Scalar.AxisIndex a -> at.get(a.axis());
      case Scalar.Load l ->
          l.guard().isPresent() && value(l.guard().get()) == 0
              ? l.otherwise()
              : buffers[l.operand()][(int) value(l.index().getFirst())];
      case Scalar.Apply a -> {
        double x = value(a.operands().getFirst());
        double y = value(a.operands().getLast());
        yield switch (a.function()) {
          case TO_F32 -> x;
          case ADD -> x + y;
          case SUB -> x - y;
          case MUL -> x * y;
          case DIV -> Math.floor(x / y);
          case MOD -> x - y * Math.floor(x / y);
          case AND -> x != 0 && y != 0 ? 1 : 0;
          case LT -> x < y ? 1 : 0;
          case LE -> x <= y ? 1 : 0;
          case EQ -> x == y ? 1 : 0;
          default -> throw new IllegalArgumentException(a.toString());
        };
      }
      case Scalar.Uniform u -> throw new IllegalArgumentException(u.toString());
      case Scalar.Local l -> throw new IllegalArgumentException(l.toString());
    };
  }
}
