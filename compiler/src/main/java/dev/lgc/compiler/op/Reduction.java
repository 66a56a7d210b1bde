package dev.lgc.compiler.op;

/** Folds whole axes of one operand. */
public non-sealed interface Reduction extends Primitive {}
