package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.List;

/**
 * The same number in another dtype: float to int truncates towards zero, to BOOL is {@code != 0}.
 */
public record Cast(DType dtype) implements Elementwise {
  @Override
  public int arity() {
    return 1;
  }

  @Override
  public Scalar value(List<Scalar> x) {
    if (x.get(0).dtype() == dtype) {
      return x.get(0);
    }
    return Scalar.apply(
        switch (dtype) {
          case F32 -> Function.TO_F32;
          case F64 -> Function.TO_F64;
          case BF16 -> Function.TO_BF16;
          case F16 -> Function.TO_F16;
          case I32 -> Function.TO_I32;
          case I8 -> Function.TO_I8;
          case BOOL -> Function.TO_BOOL;
        },
        x.get(0));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    boolean real = t.type(x[0]).dtype().isFloat() && dtype.isFloat();
    return new int[] {real ? t.cast(g, t.type(x[0]).dtype()) : Terms.NONE};
  }
}
