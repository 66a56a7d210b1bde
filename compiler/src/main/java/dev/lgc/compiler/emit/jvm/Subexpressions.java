package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Scalar;

/**
 * The recursion of {@link Scalar} in the emitter: the operands of a function, an element's index
 * and a load's guard are expressions again. Code that is written for one kind of expression gets
 * the values of those in it from here.
 */
@FunctionalInterface
interface Subexpressions {
  /** The value of a unique expression, computed now if it was not yet. */
  Operand value(Scalar s);
}
