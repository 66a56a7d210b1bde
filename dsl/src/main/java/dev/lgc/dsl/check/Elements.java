package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;

/**
 * The numbers of the language, 64 bits wide, that can be elements of a tensor: whole numbers of 32
 * bits in ints, 0 and 1 in bools, and in floats whatever 32 bits do not turn into infinity.
 */
final class Elements {
  private Elements() {}

  /** The type that a declaration gives elements. */
  static DType type(TypeExpr.Tensor t) {
    if (t.element().isEmpty()) {
      return DType.F32;
    }
    return switch (t.element().get().text()) {
      case "float" -> DType.F32;
      case "int" -> DType.I32;
      case "bool" -> DType.BOOL;
      default ->
          throw new Fault(
              Diagnostic.of(
                      Code.UNKNOWN_TYPE,
                      t.element().get().span(),
                      "there is no element type `" + t.element().get() + "`")
                  .withExpected("one of int, float, bool"));
    };
  }

  /** The number itself, if a tensor of the type can have it as an element. */
  static double fit(double value, DType dtype, Span at) {
    return switch (dtype) {
      case I32 -> {
        if (value != (int) value) {
          throw misfit(
              Code.INTEGER_OVERFLOW,
              at,
              "elements of int tensors are whole numbers of 32 bits",
              value,
              Integer.MIN_VALUE + " to " + Integer.MAX_VALUE);
        }
        yield value;
      }
      case BOOL -> {
        if (value != 0 && value != 1) {
          throw misfit(
              Code.DTYPE_MISMATCH,
              at,
              "elements of bool tensors are 0 or 1",
              value,
              "true or false");
        }
        yield value;
      }
      case F32 -> {
        if (Float.isInfinite((float) value) && !Double.isInfinite(value)) {
          throw misfit(
              Code.INVALID_NUMBER,
              at,
              "elements of float tensors have 32 bits, and this number becomes infinite",
              value,
              "at most " + Value.number(3.4028235e38) + " in magnitude, or `inf`");
        }
        yield value;
      }
      case F64, BF16, F16, I8 ->
          throw new IllegalArgumentException(dtype + " is no type of the language");
    };
  }

  /** The initial values themselves, if a stored tensor of the type can have them. */
  static Storage.Init fit(Storage.Init init, DType dtype, Span at) {
    switch (init) {
      case Storage.Init.Constant c -> fit(c.value(), dtype, at);
      case Storage.Init.Normal n -> random(dtype, at, n.mean(), n.deviation());
      case Storage.Init.Uniform u -> random(dtype, at, u.low(), u.high(), u.high() - u.low());
    }
    return init;
  }

  private static void random(DType dtype, Span at, double... parameters) {
    if (dtype != DType.F32) {
      throw new Fault(
          Diagnostic.of(Code.DTYPE_MISMATCH, at, "random initial values are floats")
              .withFound("a tensor of " + dtype.keyword())
              .withExpected("a constant"));
    }
    for (double p : parameters) {
      if (!Double.isFinite(p)) {
        throw new Fault(
            Diagnostic.of(Code.INVALID_NUMBER, at, "random initial values have finite bounds")
                .withFound(Value.number(p)));
      }
      fit(p, dtype, at);
    }
  }

  private static Fault misfit(Code code, Span at, String message, double value, String expected) {
    boolean whole = value == Math.rint(value) && Math.abs(value) < 0x1p63;
    return new Fault(
        Diagnostic.of(code, at, message)
            .withFound(whole ? Long.toString((long) value) : Value.number(value))
            .withExpected(expected));
  }
}
