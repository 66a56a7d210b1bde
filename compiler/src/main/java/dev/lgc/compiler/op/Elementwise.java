package dev.lgc.compiler.op;

/** One output element from the operands' elements at the same position: every operand has the result's shape. */
public non-sealed interface Elementwise extends Computed {}
