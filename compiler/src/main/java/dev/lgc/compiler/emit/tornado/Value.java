package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.type.DType;

/** A value that emitted code has at hand. */
sealed interface Value {
  DType dtype();

  /** In a local variable. */
  record Held(DType dtype, Code.Var variable) implements Value {}

  /** A literal. */
  record Constant(DType dtype, double number) implements Value {
    static Constant index(int i) {
      return new Constant(DType.I32, i);
    }
  }
}
