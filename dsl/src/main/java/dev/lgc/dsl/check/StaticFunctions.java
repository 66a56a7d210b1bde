package dev.lgc.dsl.check;

import static dev.lgc.dsl.check.ElementwiseFunctions.whole;
import static dev.lgc.dsl.check.LanguageFunction.function;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;

/** Functions of values known when the model is built. */
final class StaticFunctions {
  static final FunctionFamily FAMILY =
      FunctionFamily.of(
          "Functions of static values",
          "Of numbers and lists known when the model is built.",
          StaticFunctions::value,
          function("ceil(x)", "the smallest whole number that is not below `x`"),
          function("round(x)", "the nearest whole number, the even one of two"),
          function("int(x)", "`x` without its fraction"),
          function("float(x)", "`x` as a float"),
          function(
              "round_up(x, multiple)", "the smallest multiple of `multiple` that is not below `x`"),
          function("ceil_div(a, b)", "`a / b`, rounded up"),
          function("len(list)", "the number of elements"),
          function("reversed(list)", "the elements from last to first"),
          function("contains(list, x)", "whether an element equals `x`"));

  private StaticFunctions() {}

  private static Value value(Operands o) {
    return switch (o.name()) {
      case "ceil" -> whole(o, Math.ceil(o.number("x")));
      case "round" -> whole(o, Math.rint(o.number("x")));
      case "int" -> truncated(o, o.number("x"));
      case "float" -> new Value.Real(o.number("x"));
      case "round_up" -> roundUp(o);
      case "ceil_div" -> ceilDiv(o);
      case "len" -> new Value.Int(o.list("list").size());
      case "reversed" -> reversed(o);
      case "contains" -> contains(o);
      default -> throw o.unknown();
    };
  }

  private static Value truncated(Operands o, double x) {
    return whole(o, x < 0 ? Math.ceil(x) : Math.floor(x));
  }

  private static Value roundUp(Operands o) {
    long m = o.atLeast("multiple", 1);
    long x = Evaluator.integer(o.value("x"), o.at("x"));
    return Statics.integer(
        () -> Math.multiplyExact(Math.floorDiv(Math.addExact(x, m - 1), m), m), o.at());
  }

  private static Value ceilDiv(Operands o) {
    long b = Evaluator.integer(o.value("b"), o.at("b"));
    if (b == 0) {
      throw new Fault(Diagnostic.of(Code.DIVISION_BY_ZERO, o.at(), "division by zero"));
    }
    long a = Evaluator.integer(o.value("a"), o.at("a"));
    return Statics.integer(() -> Math.ceilDivExact(a, b), o.at());
  }

  private static Value reversed(Operands o) {
    o.in().steps(o.list("list").size(), o.at());
    return new Value.Items(false, o.list("list").reversed());
  }

  private static Value contains(Operands o) {
    o.in().steps(o.value("list").size(), o.at());
    return new Value.Bool(o.list("list").stream().anyMatch(v -> v.equals(o.value("x"))));
  }
}
