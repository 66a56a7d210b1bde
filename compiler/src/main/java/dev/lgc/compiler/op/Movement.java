package dev.lgc.compiler.op;

/** Rearranges elements: the value is one (possibly guarded) load, or a choice between loads. */
public non-sealed interface Movement extends Primitive {}
