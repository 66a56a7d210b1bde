package dev.lgc.dsl.check;

import static dev.lgc.dsl.check.LanguageFunction.function;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.List;
import java.util.Map;

/** Functions of each element alone, most of them of static numbers too. */
final class ElementwiseFunctions {
  private static final double GELU_SCALE = Math.sqrt(2 / Math.PI);

  static final FunctionFamily FAMILY =
      FunctionFamily.of(
          "Elementwise functions",
          "For tensors, element by element, and for static numbers. Operands of different shapes"
              + " are broadcast as in arithmetic.",
          ElementwiseFunctions::value,
          function("exp(x)", "e to the power of `x`"),
          function("log(x)", "natural logarithm"),
          function("sqrt(x)", "square root"),
          function("rsqrt(x)", "1 / sqrt(x)"),
          function("sin(x)", "sine"),
          function("cos(x)", "cosine"),
          function("tanh(x)", "hyperbolic tangent"),
          function(
              "erf(x)",
              "error function: `gelu` in its exact form is `x * (1 + erf(x / sqrt(2))) / 2`"),
          function("sigmoid(x)", "1 / (1 + exp(-x))"),
          function("silu(x)", "x * sigmoid(x)"),
          function("relu(x)", "max(x, 0)"),
          function("gelu(x)", "the tanh form of GELU (arXiv:1606.08415)"),
          function("softplus(x)", "log(1 + exp(x)) without overflow"),
          function(
              "leaky_relu(x, slope: 0.01)",
              "`x`, or `slope * x` where `x` is negative; for tensors only"),
          function("abs(x)", "absolute value"),
          function("floor(x)", "`x` rounded down to a whole number"),
          function("pow(x, y)", "`x` to the power of `y`"),
          function("clamp(x, low, high)", "`x` limited to the range from `low` to `high`"));

  private ElementwiseFunctions() {}

  private static Value value(Operands o) {
    return switch (o.name()) {
      case "leaky_relu" -> leakyRelu(o);
      case "abs" -> abs(o);
      case "floor" ->
          o.anyTensor() ? tensor(o, Intrinsic.FLOOR) : whole(o, Math.floor(o.number("x")));
      case "pow" -> power(o);
      case "clamp" -> clamp(o);
      default -> real(o, o.anyTensor() ? Double.NaN : o.number("x"));
    };
  }

  /**
   * A function of floats and of static numbers.
   *
   * @param x the static number, or anything
   */
  private static Value real(Operands o, double x) {
    return switch (o.name()) {
      case "exp" -> real(o, Intrinsic.EXP, Math.exp(x));
      case "log" -> real(o, Intrinsic.LOG, Math.log(x));
      case "sqrt" -> real(o, Intrinsic.SQRT, Math.sqrt(x));
      case "rsqrt" -> real(o, Intrinsic.RSQRT, 1 / Math.sqrt(x));
      case "sin" -> real(o, Intrinsic.SIN, Math.sin(x));
      case "cos" -> real(o, Intrinsic.COS, Math.cos(x));
      case "tanh" -> real(o, Intrinsic.TANH, Math.tanh(x));
      case "erf" -> real(o, Intrinsic.ERF, erf(x));
      case "sigmoid" -> real(o, Intrinsic.SIGMOID, 1 / (1 + Math.exp(-x)));
      case "silu" -> real(o, Intrinsic.SILU, x / (1 + Math.exp(-x)));
      case "relu" -> real(o, Intrinsic.RELU, Math.max(0, x));
      case "gelu" ->
          real(
              o,
              Intrinsic.GELU,
              0.5 * x * (1 + Math.tanh(GELU_SCALE * (x + 0.044715 * x * x * x))));
      case "softplus" ->
          real(o, Intrinsic.SOFTPLUS, Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
      default -> throw o.unknown();
    };
  }

  private static Value real(Operands o, Intrinsic op, double y) {
    return o.anyTensor() ? tensor(o, op) : new Value.Real(checked(o, y));
  }

  private static Value tensor(Operands o, Intrinsic op) {
    return o.tensors().emit(op, o.floats("x"), o.at());
  }

  /** A whole number that a function gives for a static {@code x}. */
  static Value whole(Operands o, double y) {
    if (Math.abs(checked(o, y)) > 0x1p62) {
      throw Statics.unfit(o.at());
    }
    return new Value.Int((long) y);
  }

  /**
   * The value {@code y} of a function for a static {@code x}; NaN and new infinities are faults.
   */
  private static double checked(Operands o, double y) {
    if (Double.isNaN(y) || Double.isInfinite(y) && !Double.isInfinite(o.number("x"))) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_NUMBER, o.at(), o.name() + " of this is not a number")
              .withFound(Value.render(o.value("x"))));
    }
    return y;
  }

  /**
   * {@code 2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!}, a sum without cancellation, to 15 digits; a double
   * rounds it to 1 from 6 on.
   */
  private static double erf(double x) {
    if (Math.abs(x) >= 6) {
      return Math.signum(x);
    }
    double sum = 0;
    double term = x;
    for (int n = 0; Math.abs(term) > Math.ulp(sum) / 4; n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 3);
    }
    return Math.clamp(2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum, -1.0, 1.0);
  }

  private static Value leakyRelu(Operands o) {
    Value.Tensor x = o.floats("x");
    return o.tensors()
        .emit(
            Intrinsic.LEAKY_RELU,
            List.of(x),
            Map.of("slope", o.element("slope", DType.F32)),
            DType.F32,
            x.dims(),
            o.at());
  }

  private static Value abs(Operands o) {
    if (o.anyTensor()) {
      return o.tensors().emit(Intrinsic.ABS, o.tensor("x"), o.at());
    }
    return o.value("x") instanceof Value.Int i
        ? Statics.integer(() -> Math.absExact(i.value()), o.at())
        : new Value.Real(checked(o, Math.abs(o.number("x"))));
  }

  private static Value power(Operands o) {
    if (o.anyTensor()) {
      return o.tensors().elementwise(Intrinsic.POW, o.floats("x"), o.floats("y"), o.at());
    }
    if (o.value("x") instanceof Value.Int x
        && o.value("y") instanceof Value.Int y
        && y.value() >= 0) {
      return power(x.value(), y.value(), o);
    }
    double p = Math.pow(o.number("x"), o.number("y"));
    if (!Double.isFinite(p)) {
      throw new Fault(Diagnostic.of(Code.INVALID_NUMBER, o.at(), "this power is not a number"));
    }
    return new Value.Real(p);
  }

  private static Value power(long x, long y, Operands o) {
    if (x >= -1 && x <= 1) {
      return new Value.Int(y == 0 ? 1 : y % 2 == 0 ? Math.abs(x) : x);
    }
    return Statics.integer(
        () -> {
          long p = 1;
          for (long i = 0; i < y; i++) {
            p = Math.multiplyExact(p, x);
          }
          return p;
        },
        o.at());
  }

  /** {@code min(max(x, low), high)}: NaN stays NaN. */
  private static Value clamp(Operands o) {
    boolean isBounded = Statics.isNumber(o.value("low")) && Statics.isNumber(o.value("high"));
    if (isBounded && Statics.compare(o.value("low"), o.value("high")) > 0) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at(), "the lower bound is above the upper one")
              .withFound(Value.render(o.value("low")) + " and " + Value.render(o.value("high"))));
    }
    if (!o.anyTensor()) {
      o.number("x");
      Value atLeast = ReductionFunctions.extreme(o, List.of(o.value("x"), o.value("low")), 1);
      return ReductionFunctions.extreme(o, List.of(atLeast, o.value("high")), -1);
    }
    DType type = o.commonType("x", "low", "high");
    Tensors tensors = o.tensors();
    Value.Tensor x = tensors.tensor(o.value("x"), type, o.at("x"));
    Value.Tensor low = tensors.tensor(o.value("low"), type, o.at("low"));
    Value.Tensor high = tensors.tensor(o.value("high"), type, o.at("high"));
    return tensors.elementwise(
        Intrinsic.MIN, tensors.elementwise(Intrinsic.MAX, x, low, o.at()), high, o.at());
  }
}
