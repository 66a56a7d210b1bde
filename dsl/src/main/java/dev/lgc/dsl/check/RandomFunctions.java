package dev.lgc.dsl.check;

import static dev.lgc.dsl.check.LanguageFunction.function;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Storage.Init;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Random tensors, dropout, and the initial values of parameters. */
final class RandomFunctions {
  static final FunctionFamily FAMILY =
      FunctionFamily.of(
          "Randomness and initial values",
          "Initial values are written after `param` and `buffer`. Random tensors are drawn anew in"
              + " each step.",
          RandomFunctions::value,
          function(
              "uniform(low, high?)",
              "`uniform([a, b])` is a random tensor in [0, 1); `uniform(low, high)` and"
                  + " `uniform(bound)` are initial values"),
          function(
              "dropout(x, p)",
              "each element is 0 with probability `p`, else `x / (1 - p)`; only while training"),
          function(
              "drop_path(x, p)",
              "sets each whole sample to 0 with probability `p`, else to `x / (1 - p)`; only"
                  + " while training (stochastic depth, arXiv:1603.09382)"),
          function("constant(value)", "`value` everywhere"),
          function(
              "normal(mean, deviation?)", "normally distributed; `normal(deviation)` has mean 0"),
          function(
              "xavier_uniform(fan_in, fan_out)",
              "uniform within sqrt(6 / (fan_in + fan_out)) of 0"),
          function("kaiming_uniform(fan_in)", "uniform within 1 / sqrt(fan_in) of 0"));

  private RandomFunctions() {}

  private static Value value(Operands o) {
    return switch (o.name()) {
      case "uniform" ->
          o.value("low") instanceof Value.Items
              ? draw(o, o.dims("low"), o.at())
              : new Value.Init(uniform(o));
      case "dropout" -> {
        Value.Tensor x = o.floats("x");
        yield drop(o, x, x.dims());
      }
      case "drop_path" -> dropPath(o);
      case "constant" -> new Value.Init(new Init.Constant(o.number("value")));
      case "normal" ->
          new Value.Init(
              o.has("deviation")
                  ? new Init.Normal(o.number("mean"), positive("deviation", o))
                  : new Init.Normal(0, positive("mean", o)));
      case "xavier_uniform" ->
          new Value.Init(within(Math.sqrt(6 / (positive("fan_in", o) + positive("fan_out", o)))));
      case "kaiming_uniform" -> new Value.Init(within(1 / Math.sqrt(positive("fan_in", o))));
      default -> throw o.unknown();
    };
  }

  private static Init uniform(Operands o) {
    if (!o.has("high")) {
      return ordered(-o.number("low"), o.number("low"), o);
    }
    return ordered(o.number("low"), o.number("high"), o);
  }

  private static Init ordered(double low, double high, Operands o) {
    if (low > high) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at(), "the lower bound is above the upper one")
              .withFound(low + " and " + high));
    }
    return new Init.Uniform(low, high);
  }

  private static Init within(double bound) {
    return new Init.Uniform(-bound, bound);
  }

  private static double positive(String param, Operands o) {
    double v = o.number(param);
    if (v < 0 || v == 0 && param.startsWith("fan")) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at(param), "this must be positive")
              .withFound(Value.number(v)));
    }
    return v;
  }

  private static Value.Tensor draw(Operands o, List<Dim> dims, Span at) {
    EntryBuilder e = o.entry(at);
    return o.tensors()
        .emit(Intrinsic.UNIFORM, List.of(), Map.of("stream", e.nextStream()), DType.F32, dims, at);
  }

  private static Value dropPath(Operands o) {
    Value.Tensor x = o.floats("x");
    List<Dim> dims = new ArrayList<>(Collections.nCopies(x.rank(), Dim.of(1)));
    if (x.rank() > 0) {
      dims.set(0, x.dims().getFirst());
    }
    return drop(o, x, dims);
  }

  /** {@code x} where a uniform of these dimensions is at least {@code p}. */
  private static Value drop(Operands o, Value.Tensor x, List<Dim> dims) {
    double p = o.number("p");
    if (p < 0 || p >= 1) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at("p"), "`p` must be at least 0 and below 1")
              .withFound(Value.number(p)));
    }
    Tensors tensors = o.tensors();
    EntryBuilder e = o.entry(o.at());
    if (p == 0 || !e.training()) {
      return x;
    }
    Value.Tensor u = draw(o, dims, o.at());
    Value.Tensor out =
        tensors.emit(
            Intrinsic.LT,
            List.of(u, e.literal(p, DType.F32, o.at())),
            Map.of(),
            DType.BOOL,
            dims,
            o.at());
    Value.Tensor kept =
        tensors.elementwise(Intrinsic.DIV, x, e.literal(1 - p, DType.F32, o.at()), o.at());
    return tensors.emit(
        Intrinsic.WHERE,
        List.of(out, e.literal(0, DType.F32, o.at()), kept),
        Map.of(),
        DType.F32,
        x.dims(),
        o.at());
  }
}
