package dev.lgc.compiler.op;

/**
 * The rest: gathers, scatters, windows, random numbers, rotations: an algorithm with data- or
 * position-dependent loads.
 */
public non-sealed interface Indexed extends Primitive {}
