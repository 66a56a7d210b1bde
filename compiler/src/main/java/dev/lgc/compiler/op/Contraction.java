package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.List;

/**
 * Sums of products of two operands over common axes, convolutions included: worth a tiled schedule
 * or a library. Factors of BF16 and F16 stand for the floats they are: products and sums are F32.
 */
public non-sealed interface Contraction extends Primitive {
  /** The product of two factors, narrow ones widened. */
  static Scalar product(Scalar a, Scalar b) {
    return wide(a).times(wide(b));
  }

  private static Scalar wide(Scalar x) {
    return switch (x.dtype()) {
      case BF16, F16 -> new Cast(DType.F32).value(List.of(x));
      case F32, F64, I32, I8, BOOL -> x;
    };
  }
}
