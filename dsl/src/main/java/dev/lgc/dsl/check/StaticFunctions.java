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
          "For numbers and lists known when the model is built.",
          StaticFunctions::value,
          function("ceil(x)", "`x` rounded up to a whole number"),
          function("round(x)", "the nearest whole number; ties go to the even one"),
          function("int(x)", "`x` rounded towards zero"),
          function("float(x)", "`x` as a float"),
          function("round_up(x, multiple)", "`x` rounded up to a multiple of `multiple`"),
          function("ceil_div(a, b)", "`a / b`, rounded up"),
          function("len(list)", "the number of elements"),
          function("reversed(list)", "the elements from last to first"),
          function("contains(list, x)", "true if an element equals `x`"));

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
    long x = Expected.integer(o.value("x"), o.at("x"));
    return Statics.integer(
        () -> Math.multiplyExact(Math.floorDiv(Math.addExact(x, m - 1), m), m), o.at());
  }

  private static Value ceilDiv(Operands o) {
    long b = Expected.integer(o.value("b"), o.at("b"));
    if (b == 0) {
      throw new Fault(Diagnostic.of(Code.DIVISION_BY_ZERO, o.at(), "division by zero"));
    }
    long a = Expected.integer(o.value("a"), o.at("a"));
    return Statics.integer(() -> Math.ceilDivExact(a, b), o.at());
  }

  private static Value reversed(Operands o) {
    o.steps(o.list("list").size());
    return new Value.Items(false, o.list("list").reversed());
  }

  private static Value contains(Operands o) {
    o.steps(o.value("list").size());
    return new Value.Bool(o.list("list").stream().anyMatch(v -> v.equals(o.value("x"))));
  }
}
