/**
 * The algorithm half of every operation and kernel: what each output element is, with nothing said
 * of how it is computed.
 *
 * <pre>
 * Algorithm ::= space: Axis*   reduction: Axis*   reducer   value: Scalar
 *                 out[space] = reduce over reduction of value
 * Scalar    ::= Literal(dtype, value)
 *             | AxisIndex(axis)                             the current position on an axis, I32
 *             | Load(operand, index: Scalar*, guard?, otherwise)
 *             | Apply(function, Scalar*)
 *             | Uniform(key: Scalar*4, stream, index)       Philox 4x32-10
 *             | Local(number, dtype)                        a value an earlier stage of the same kernel computed
 * </pre>
 *
 * <p>Every op ({@link dev.lgc.compiler.op.Op}) gives its meaning as one algorithm. The reference
 * interpreter evaluates it as it stands; fusion substitutes a producer's value for a load of it;
 * kernel lowering adds a schedule. So an operation's meaning is written once.
 *
 * <p><b>Numerics.</b> Arithmetic rounds to its type, to nearest even, after each function; nothing
 * is contracted or reassociated by meaning, but a schedule may fuse a multiplication into an
 * addition and may reduce in a fixed tree or blocked order, chosen at compile time and independent
 * of the number of threads. Sums accumulate in F32 or wider. MIN and MAX propagate NaN. Comparisons
 * with NaN are false, except NE. Integer arithmetic wraps at 32 bits; integer division and
 * remainder are floored and their divisors positive. ARGMAX and ARGMIN give the first extreme
 * position. A guarded load does not touch memory where its guard is false.
 *
 * <p><b>Faults.</b> An index that comes from data stands in CHECK_INDEX, whose second operand is
 * the extent of the axis it selects from; an index outside ends the run. So an index is looked at
 * on its own axis, before it becomes part of an address, on every target. It may be looked at where
 * no element is chosen by it, but never under a guard that is false.
 */
package dev.lgc.compiler.algorithm;
