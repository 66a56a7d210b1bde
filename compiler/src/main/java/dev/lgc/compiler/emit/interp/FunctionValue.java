package dev.lgc.compiler.emit.interp;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;

/** The value of a scalar function of known numbers, the same as its evaluation in a graph. */
public final class FunctionValue {
  private FunctionValue() {}

  /**
   * The value, rounded to its type.
   *
   * @param of the application; its operands are not looked at but for their types
   * @param x the operands
   */
  public static double of(Scalar.Apply of, double... x) {
    Function f = of.function();
    boolean whole = !of.operands().getLast().dtype().isFloat();
    double value =
        switch (f.arity()) {
          case 1 -> ScalarCompiler.unary(f, whole).applyAsDouble(x[0]);
          case 2 -> ScalarCompiler.binary(f, whole).applyAsDouble(x[0], x[1]);
          default -> x[0] != 0 ? x[1] : x[2];
        };
    return of.dtype() == DType.F64 ? value : Rounding.to(of.dtype(), value);
  }
}
