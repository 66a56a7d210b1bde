package dev.lgc.compiler.op;

/**
 * Sums of products of two operands over common axes, convolutions included: worth a tiled schedule
 * or a library.
 */
public non-sealed interface Contraction extends Computed {}
