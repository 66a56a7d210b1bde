package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.type.DType;

/** An operand of emitted code: a variable, or a literal. */
sealed interface DeviceOperand {
  DType dtype();

  /** In a local variable. */
  record Variable(DType dtype, DeviceCode.Var variable) implements DeviceOperand {}

  /** A literal. */
  record Constant(DType dtype, double number) implements DeviceOperand {
    static Constant index(int i) {
      return new Constant(DType.I32, i);
    }
  }
}
