package dev.lgc.compiler.op;

/** Values without tensor operands: inputs, stored tensors, constants, positions. */
public sealed interface Source extends Op permits Input, Stored, Dense, Fill, Iota {
  @Override
  default int[] gradient(Terms t, int[] operands, int result, int gradient) {
    return Op.none(0);
  }
}
