package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.List;

/**
 * Operators on values known before the model runs. Ints are 64 bits and overflow is a mistake;
 * {@code /} on ints rounds down; an int beside a float becomes a float.
 */
final class Statics {
  /** The most elements of a list, those of lists in it counted, and characters of a string. */
  static final int LONGEST = 100_000;

  /** The greatest depth of nested lists. */
  static final int DEEPEST = 100;

  private Statics() {}

  /** Refuses lists and strings that only a mistake can make. */
  static void limit(long length, Span at) {
    if (length > LONGEST) {
      throw new Fault(
          Diagnostic.of(Code.TOO_LARGE, at, "this has more than " + LONGEST + " elements"));
    }
  }

  /** The value, unless only a mistake can have made it so large. */
  static Value limited(Value v, Span at) {
    limit(v.size(), at);
    if (v.depth() > DEEPEST) {
      throw new Fault(
          Diagnostic.of(
              Code.NESTED_TOO_DEEPLY, at, "this is nested more than " + DEEPEST + " deep"));
    }
    return v;
  }

  static Value unary(Expr.UnaryOp op, Value v, Span at) {
    try {
      return switch (op) {
        case NEGATE ->
            switch (v) {
              case Value.Int i -> new Value.Int(Math.negateExact(i.value()));
              case Value.Real r -> new Value.Real(-r.value());
              default -> throw wrong("-", v, at);
            };
        case NOT ->
            switch (v) {
              case Value.Bool b -> new Value.Bool(!b.value());
              default -> throw wrong("not", v, at);
            };
      };
    } catch (ArithmeticException e) {
      throw overflow(at);
    }
  }

  private static Fault wrong(String sign, Value v, Span at) {
    return v instanceof Value.Poison
        ? Fault.silent()
        : new Fault(
            Diagnostic.of(Code.TYPE_MISMATCH, at, "`" + sign + "` does not apply here")
                .withFound(Value.kind(v)));
  }

  private static Fault overflow(Span at) {
    return new Fault(
        Diagnostic.of(Code.INTEGER_OVERFLOW, at, "this whole number does not fit 64 bits")
            .withHint("compute with floats"));
  }

  /** Arithmetic on ints that throws {@link ArithmeticException} where they do not fit 64 bits. */
  interface IntArithmetic {
    long result();
  }

  /** The int that a function computes. */
  static Value integer(IntArithmetic f, Span at) {
    try {
      return new Value.Int(f.result());
    } catch (ArithmeticException e) {
      throw unfit(at);
    }
  }

  /** A whole number is too large. */
  static Fault unfit(Span at) {
    return new Fault(
        Diagnostic.of(Code.INTEGER_OVERFLOW, at, "this whole number does not fit 64 bits"));
  }

  static Value binary(Expr.BinaryOp op, Value l, Value r, Expr.Binary at) {
    if (l instanceof Value.Poison || r instanceof Value.Poison) {
      throw Fault.silent();
    }
    if (op == Expr.BinaryOp.EQ) {
      return new Value.Bool(same(l, r));
    }
    if (op == Expr.BinaryOp.NE) {
      return new Value.Bool(!same(l, r));
    }
    try {
      if (l instanceof Value.Int a && r instanceof Value.Int b) {
        return ints(op, a.value(), b.value(), at);
      }
      if (isNumber(l) && isNumber(r)) {
        return reals(op, number(l), number(r), at);
      }
      if (l instanceof Value.Bool a && r instanceof Value.Bool b) {
        switch (op) {
          case AND -> {
            return new Value.Bool(a.value() && b.value());
          }
          case OR -> {
            return new Value.Bool(a.value() || b.value());
          }
          case ADD, SUB, MUL, DIV, MOD, LT, LE, GT, GE, EQ, NE -> {}
        }
      }
      if (op == Expr.BinaryOp.ADD && l instanceof Value.Items a && r instanceof Value.Items b) {
        limit(a.size() + b.size(), at.span());
        List<Value> all = new ArrayList<>(a.values());
        all.addAll(b.values());
        return new Value.Items(a.tuple(), all);
      }
      if (op == Expr.BinaryOp.ADD && l instanceof Value.Text a && r instanceof Value.Text b) {
        limit((long) a.value().length() + b.value().length(), at.span());
        return new Value.Text(a.value() + b.value());
      }
    } catch (ArithmeticException e) {
      throw overflow(at.span());
    }
    throw new Fault(
        Diagnostic.of(Code.TYPE_MISMATCH, at.span(), "`" + op.sign() + "` does not apply here")
            .withFound(Value.kind(l) + " and " + Value.kind(r)));
  }

  static boolean isNumber(Value v) {
    return v instanceof Value.Int || v instanceof Value.Real;
  }

  static double number(Value v) {
    return switch (v) {
      case Value.Int i -> i.value();
      case Value.Real r -> r.value();
      default -> throw new IllegalArgumentException(Value.kind(v));
    };
  }

  /** The order of two numbers, exact for ints. */
  static int compare(Value l, Value r) {
    return l instanceof Value.Int a && r instanceof Value.Int b
        ? Long.compare(a.value(), b.value())
        : Double.compare(number(l) + 0.0, number(r) + 0.0);
  }

  private static boolean same(Value l, Value r) {
    if (isNumber(l) && isNumber(r)) {
      return l instanceof Value.Int a && r instanceof Value.Int b
          ? a.value() == b.value()
          : number(l) == number(r);
    }
    if (l instanceof Value.Items a && r instanceof Value.Items b) {
      if (a.values().size() != b.values().size()) {
        return false;
      }
      for (int i = 0; i < a.values().size(); i++) {
        if (!same(a.values().get(i), b.values().get(i))) {
          return false;
        }
      }
      return true;
    }
    if (l instanceof Value.Row a && r instanceof Value.Symbol b) {
      return a.name().equals(b.name());
    }
    if (l instanceof Value.Symbol a && r instanceof Value.Row b) {
      return b.name().equals(a.name());
    }
    return l.equals(r);
  }

  private static Value ints(Expr.BinaryOp op, long a, long b, Expr.Binary at) {
    return switch (op) {
      case ADD -> new Value.Int(Math.addExact(a, b));
      case SUB -> new Value.Int(Math.subtractExact(a, b));
      case MUL -> new Value.Int(Math.multiplyExact(a, b));
      case DIV -> new Value.Int(Math.floorDivExact(a, divisor(b, at)));
      case MOD -> new Value.Int(Math.floorMod(a, divisor(b, at)));
      case LT -> new Value.Bool(a < b);
      case LE -> new Value.Bool(a <= b);
      case GT -> new Value.Bool(a > b);
      case GE -> new Value.Bool(a >= b);
      case EQ, NE, AND, OR -> throw noLogic(op, at);
    };
  }

  private static long divisor(long b, Expr.Binary at) {
    if (b == 0) {
      throw byZero(at);
    }
    return b;
  }

  static Fault byZero(Expr.Binary at) {
    return new Fault(
        Diagnostic.of(Code.DIVISION_BY_ZERO, at.span(), "division by zero")
            .withFound("`" + at.right().span().text() + "` is 0"));
  }

  private static Fault noLogic(Expr.BinaryOp op, Expr.Binary at) {
    return new Fault(
        Diagnostic.of(Code.TYPE_MISMATCH, at.span(), "`" + op.sign() + "` needs bools")
            .withFound("numbers"));
  }

  /** The number, unless it is none, or has left what doubles can hold. */
  private static Value real(double result, double a, double b, Expr.Binary at) {
    boolean tooLarge = Double.isInfinite(result) && !Double.isInfinite(a) && !Double.isInfinite(b);
    if (Double.isNaN(result) || tooLarge) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_NUMBER,
                  at.span(),
                  tooLarge ? "this number is too large for a float" : "this is not a number")
              .withFound(Value.number(a) + " " + at.op().sign() + " " + Value.number(b)));
    }
    return new Value.Real(result);
  }

  private static Value reals(Expr.BinaryOp op, double a, double b, Expr.Binary at) {
    return switch (op) {
      case ADD -> real(a + b, a, b, at);
      case SUB -> real(a - b, a, b, at);
      case MUL -> real(a * b, a, b, at);
      case DIV -> {
        if (b == 0) {
          throw byZero(at);
        }
        yield real(a / b, a, b, at);
      }
      case MOD -> {
        if (b == 0) {
          throw byZero(at);
        }
        yield real(a - b * Math.floor(a / b), a, b, at);
      }
      case LT -> new Value.Bool(a < b);
      case LE -> new Value.Bool(a <= b);
      case GT -> new Value.Bool(a > b);
      case GE -> new Value.Bool(a >= b);
      case EQ, NE, AND, OR -> throw noLogic(op, at);
    };
  }
}
