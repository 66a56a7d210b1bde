package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A kernel as text:
 *
 * <pre>
 * kernel sum_rsqrt_mul(b0: float[1024] in, b1: float[32] in, b2: float[1024] out)
 *   for a0 &lt; 32
 *     v0 = sum a1 &lt; 32: b0[a0*32 + a1] * b0[a0*32 + a1]
 *     for a2 &lt; 32: b2[a0*32 + a2] = b0[a0*32 + a2] * v0 * b1[a2]
 * </pre>
 *
 * A loop with a bound is {@code a3 < min(256, b1[0] + 1)}: all 256 where that is less than 1.
 */
public final class KernelDump {
  private static final int SUM = 1;
  private static final int PRODUCT = 2;
  private static final int ATOM = 3;

  private KernelDump() {}

  public static String dump(Kernel k) {
    StringBuilder s = new StringBuilder("kernel ").append(k.name()).append('(');
    for (int i = 0; i < k.buffers().size(); i++) {
      Buffer b = k.buffers().get(i);
      String access =
          switch (b.access()) {
            case READ -> "in";
            case WRITE -> "out";
            case READ_WRITE -> "inout";
          };
      s.append(i == 0 ? "" : ", ")
          .append(Text.format("b%d: %s[%d] %s", i, b.dtype().keyword(), b.elements(), access));
    }
    s.append(")\n");
    String indent = "  ";
    if (!k.space().isEmpty()) {
      s.append("  for ").append(loops(k.space())).append('\n');
      indent = "    ";
    }
    for (Stage stage : k.stages()) {
      s.append(indent).append(stage(stage)).append('\n');
    }
    return s.toString();
  }

  public static String stage(Stage s) {
    String target =
        switch (s.target()) {
          case Stage.Target.Local l -> "v" + l.number();
          case Stage.Target.Scratch l ->
              "v" + l.number() + s.axes().stream().map(KernelDump::axis).toList();
          case Stage.Target.Store t -> "b" + t.buffer() + "[" + scalar(t.index()) + "]";
        };
    String loops = s.axes().isEmpty() ? "" : "for " + loops(s, s.axes()) + ": ";
    String reduction =
        s.reducer() == Reducer.NONE
            ? ""
            : s.reducer().name().toLowerCase(Locale.ROOT) + " " + loops(s, s.reduction()) + ": ";
    return loops + target + " = " + reduction + scalar(s.value());
  }

  private static String loops(List<Axis> axes) {
    return axes.stream().map(a -> loop(a, Optional.empty())).collect(Collectors.joining(", "));
  }

  private static String loops(Stage s, List<Axis> axes) {
    return axes.stream().map(a -> loop(a, s.bound(a))).collect(Collectors.joining(", "));
  }

  private static String loop(Axis a, Optional<Stage.Bound> bound) {
    String extent = String.valueOf(a.extent());
    return axis(a)
        + " < "
        + bound.map(b -> "min(" + extent + ", " + scalar(b.end()) + ")").orElse(extent);
  }

  private static String axis(Axis a) {
    return "a" + a.number();
  }

  public static String scalar(Scalar s) {
    return scalar(s, 0);
  }

  private static String scalar(Scalar s, int outer) {
    return switch (s) {
      case Scalar.Literal l -> literal(l);
      case Scalar.AxisIndex i -> axis(i.axis());
      case Scalar.Local l ->
          "v" + l.number() + (l.index().isEmpty() ? "" : "[" + list(l.index()) + "]");
      case Scalar.Load l -> {
        String load = "b" + l.operand() + "[" + list(l.index()) + "]";
        yield l.guard().isEmpty()
            ? load
            : "(" + scalar(l.guard().get()) + " ? " + load + " : " + number(l.otherwise()) + ")";
      }
      case Scalar.Uniform u ->
          "uniform(" + list(u.key()) + "; " + scalar(u.stream()) + "; " + scalar(u.index()) + ")";
      case Scalar.Apply a -> apply(a, outer);
    };
  }

  private static String apply(Scalar.Apply a, int outer) {
    return switch (a.function()) {
      case ADD -> infix(a, " + ", SUM, outer);
      case SUB -> infix(a, " - ", SUM, outer);
      case MUL -> infix(a, a.dtype() == DType.I32 ? "*" : " * ", PRODUCT, outer);
      case DIV -> infix(a, " / ", PRODUCT, outer);
      case MOD -> infix(a, " % ", PRODUCT, outer);
      case LT -> infix(a, " < ", 0, outer);
      case LE -> infix(a, " <= ", 0, outer);
      case EQ -> infix(a, " == ", 0, outer);
      case NE -> infix(a, " != ", 0, outer);
      case AND -> infix(a, " and ", 0, outer);
      case OR -> infix(a, " or ", 0, outer);
      case NEG -> "-" + scalar(a.operands().getFirst(), ATOM);
      default -> name(a.function()) + "(" + list(a.operands()) + ")";
    };
  }

  private static String name(Function f) {
    return f.name().toLowerCase(Locale.ROOT);
  }

  private static String infix(Scalar.Apply a, String operator, int level, int outer) {
    String s =
        scalar(a.operands().get(0), Math.max(level, 1))
            + operator
            + scalar(a.operands().get(1), level + 1);
    return level < outer || (level == 0 && outer > 0) ? "(" + s + ")" : s;
  }

  private static String list(List<Scalar> s) {
    return s.stream().map(KernelDump::scalar).collect(Collectors.joining(", "));
  }

  private static String literal(Scalar.Literal l) {
    return switch (l.dtype()) {
      case I32, I8 -> String.valueOf((long) l.value());
      case BOOL -> l.value() != 0 ? "true" : "false";
      case F32, F64, BF16, F16 -> number(l.value());
    };
  }

  private static String number(double v) {
    return v == Math.rint(v) && Math.abs(v) < 1e6
        ? String.valueOf((long) v)
        : String.valueOf((float) v);
  }
}
