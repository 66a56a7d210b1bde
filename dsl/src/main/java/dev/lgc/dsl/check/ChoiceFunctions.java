package dev.lgc.dsl.check;

import static dev.lgc.dsl.check.LanguageFunction.function;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.List;
import java.util.Map;

/** Functions that choose between elements, and that convert them. */
final class ChoiceFunctions {
  static final FunctionFamily FAMILY =
      FunctionFamily.of(
          "Choices and conversions",
          "For tensors, element by element.",
          ChoiceFunctions::value,
          function(
              "where(condition, a, b)",
              "`a` where the condition holds, `b` elsewhere; the condition may be static"),
          function("cast(x, type)", "converts to `int`, `float` or `bool`"));

  private ChoiceFunctions() {}

  private static Value value(Operands o) {
    return switch (o.name()) {
      case "where" -> where(o);
      case "cast" -> cast(o);
      default -> throw o.unknown();
    };
  }

  private static Value where(Operands o) {
    if (o.value("condition") instanceof Value.Bool b) {
      return o.value(b.value() ? "a" : "b");
    }
    Tensors tensors = o.tensors();
    Value.Tensor c = o.of("condition", DType.BOOL);
    DType want = o.commonType("a", "b");
    Value.Tensor a = tensors.tensor(o.value("a"), want, o.at("a"));
    Value.Tensor b = tensors.tensor(o.value("b"), want, o.at("b"));
    tensors.sameType(a, b, o.at());
    Value.Tensor ab = new Value.Tensor(0, a.dtype(), tensors.broadcast(a, b, o.at()));
    return tensors.emit(
        Intrinsic.WHERE,
        List.of(c, a, b),
        Map.of(),
        a.dtype(),
        tensors.broadcast(c, ab, o.at()),
        o.at());
  }

  private static Value cast(Operands o) {
    if (!(o.value("type") instanceof Value.Element e)) {
      throw new Fault(
          Diagnostic.of(
                  Code.TYPE_MISMATCH, o.at("type"), "`type` of cast must be int, float or bool")
              .withFound(Value.kind(o.value("type"))));
    }
    Value.Tensor x = o.tensor("x");
    return x.dtype() == e.dtype()
        ? x
        : o.tensors()
            .emit(
                Intrinsic.CAST,
                List.of(x),
                Map.of("dtype", e.dtype()),
                e.dtype(),
                x.dims(),
                o.at());
  }
}
