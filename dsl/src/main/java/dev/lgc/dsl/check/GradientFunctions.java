package dev.lgc.dsl.check;

import static dev.lgc.dsl.check.LanguageFunction.function;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.List;
import java.util.Map;

/** Functions that change how gradients are computed. */
final class GradientFunctions {
  static final FunctionFamily FAMILY =
      FunctionFamily.of(
          "Gradients",
          "They change how gradients are computed.",
          GradientFunctions::value,
          function("stop_gradient(x)", "`x`, which gradients treat as a constant"),
          function("straight_through(x, q)", "the value of `q` with the gradient of `x`"),
          function(
              "gradient(loss, of)",
              "the gradient of a scalar with respect to a parameter, itself treated as a"
                  + " constant"));

  private GradientFunctions() {}

  private static Value value(Operands o) {
    return switch (o.name()) {
      case "stop_gradient" -> o.tensors().emit(Intrinsic.STOP_GRADIENT, o.tensor("x"), o.at());
      case "straight_through" -> straightThrough(o);
      case "gradient" -> gradient(o);
      default -> throw o.unknown();
    };
  }

  private static Value straightThrough(Operands o) {
    Value.Tensor x = o.floats("x");
    Value.Tensor q = o.floats("q");
    if (!x.shape().equals(q.shape())) {
      throw new Fault(
          Diagnostic.of(
                  Code.SHAPE_MISMATCH, o.at(), "straight_through needs two tensors of one shape")
              .withFound(o.show(x) + " and " + o.show(q)));
    }
    return o.tensors()
        .emit(Intrinsic.STRAIGHT_THROUGH, List.of(x, q), Map.of(), DType.F32, x.dims(), o.at());
  }

  private static Value gradient(Operands o) {
    Value.Tensor loss = o.ranked("loss", DType.F32, 0);
    if (!(o.value("of") instanceof Value.Stored s) || s.storage().role() == Storage.Role.BUFFER) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT,
                  o.at("of"),
                  "a gradient is taken with respect to a parameter")
              .withFound(Value.kind(o.value("of"))));
    }
    Value.Tensor w = o.tensor("of");
    return o.tensors()
        .emit(Intrinsic.GRADIENT, List.of(loss, w), Map.of(), DType.F32, w.dims(), o.at());
  }
}
