package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;

/** The signs of integer expressions, as far as they follow from how they are made. */
final class Signs {
  private Signs() {}

  static Functions.Sign of(Scalar s) {
    return isNotNegative(s) ? Functions.Sign.NOT_NEGATIVE : Functions.Sign.ANY;
  }

  private static boolean isNotNegative(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> l.value() >= 0;
      case Scalar.AxisIndex _ -> true;
      case Scalar.Apply a ->
          switch (a.function()) {
            case ADD, MUL, DIV, MIN -> a.operands().stream().allMatch(Signs::isNotNegative);
            case MOD, CHECK_INDEX -> true;
            case MAX -> a.operands().stream().anyMatch(Signs::isNotNegative);
            case SELECT -> a.operands().subList(1, 3).stream().allMatch(Signs::isNotNegative);
            default -> a.dtype() == DType.BOOL;
          };
      case Scalar.Load _ -> false;
      case Scalar.Local _ -> false;
      case Scalar.Uniform _ -> true;
    };
  }
}
