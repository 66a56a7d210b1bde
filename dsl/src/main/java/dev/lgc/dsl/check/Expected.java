package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import java.util.List;

/**
 * The kinds of values that places of the language expect: a bool of a condition, a list of a loop.
 */
final class Expected {
  private Expected() {}

  /** A static bool. */
  static boolean bool(Value v, Span at) {
    return switch (v) {
      case Value.Bool b -> b.value();
      case Value.Poison _ -> throw Fault.silent();
      case Value.Tensor _ ->
          throw new Fault(
              Diagnostic.of(Code.NOT_STATIC, at, "a condition must be known before the model runs")
                  .withFound("a tensor")
                  .withHint("choose per element with `where(condition, a, b)`"));
      default ->
          throw new Fault(
              Diagnostic.of(Code.TYPE_MISMATCH, at, "a condition must be a bool")
                  .withFound(Value.kind(v)));
    };
  }

  /** A static whole number. */
  static long integer(Value v, Span at) {
    return switch (v) {
      case Value.Int i -> i.value();
      case Value.Poison _ -> throw Fault.silent();
      case Value.Tensor _, Value.Stored _ ->
          throw new Fault(
              Diagnostic.of(Code.NOT_STATIC, at, "this must be known before the model runs")
                  .withFound(Value.kind(v))
                  .withExpected("a static int"));
      default -> {
        Diagnostic d =
            Diagnostic.of(Code.TYPE_MISMATCH, at, "this must be a whole number")
                .withFound(Value.kind(v));
        throw new Fault(v instanceof Value.Real ? d.withHint("round it with `floor(x)`") : d);
      }
    };
  }

  /** A static list, which an expression gave. */
  static List<Value> list(Value v, Expr e) {
    return switch (v) {
      case Value.Items l -> l.values();
      case Value.Poison _ -> throw Fault.silent();
      default -> {
        Diagnostic d =
            Diagnostic.of(Code.TYPE_MISMATCH, e.span(), "a loop needs a list or a range")
                .withFound(Value.kind(v));
        throw new Fault(
            v instanceof Value.Int ? d.withHint("write `0.." + e.span().text() + "`") : d);
      }
    };
  }

  /** A parameter or buffer, not its value. */
  static Storage stored(Value v, Span at) {
    return switch (v) {
      case Value.Stored s -> s.storage();
      case Value.Poison _ -> throw Fault.silent();
      default ->
          throw new Fault(
              Diagnostic.of(Code.NOT_ASSIGNABLE, at, "only a buffer can be updated")
                  .withFound(Value.kind(v)));
    };
  }
}
