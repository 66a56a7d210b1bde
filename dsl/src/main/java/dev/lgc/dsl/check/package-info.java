/**
 * Elaboration: a model whose static parameters have values becomes a {@link
 * dev.lgc.dsl.model.CheckedModel}, or a list of mistakes.
 *
 * <p>{@link dev.lgc.dsl.check.Language} is the door. Behind it, one evaluator runs the file. Static
 * expressions give values at once; expressions over tensors add calls to the entry being built,
 * whose shapes are checked as they are added. Loops are unrolled, functions and forwards are
 * inlined; the result is straight-line.
 *
 * <pre>
 * Value    ::= Static | Tensor(number, element type, Dim*) | Stored(parameter or buffer) | Instance | Callable | Poison
 * Static   ::= Int | Real | Bool | Text | None | Items | Symbol | Init | Element | Scale | Row
 *            | Block(declaration, variants) | Pending(block, arguments) | Container | Facts(a model without tensors)
 * Callable ::= Function | Method(instance, forward) | Builtin
 * Dim      ::= size (expression scope)?
 * </pre>
 *
 * <p>In order: {@code Blocks} instantiates the model: arguments, {@code let}s and sub-blocks at
 * their paths, with what {@code Overrides} says of variants; {@code Parameters} declares storage,
 * {@code Requirements} says what does not hold. {@code Entries} then builds an entry from each
 * forward, {@code Objectives} and {@code Generators} from theirs. {@code Bodies} runs statements,
 * {@code Evaluator} expressions, {@code Binder} and {@code Signature} calls. {@link
 * dev.lgc.dsl.check.Functions} lists the functions of the language, an entry each in the file of
 * its family ({@code ElementwiseFunctions}, {@code ReductionFunctions} …).
 *
 * <p>Rules that hold throughout:
 *
 * <ul>
 *   <li>A mistake leaves its statement, not the elaboration: what the statement names becomes
 *       poison, and whatever uses poison is silent. {@code Fault} carries the mistake that far and
 *       never leaves the package. One run therefore reports all independent mistakes, and none that
 *       only follow.
 *   <li>A {@code Dim} remembers the expression that gave it, so that a mismatch can say where each
 *       size came from.
 *   <li>Elaboration is bounded: steps, operations, depth, list lengths.
 *   <li>Ints are 64 bits and overflow is a mistake; {@code /} on ints rounds down; floats are IEEE
 *       doubles, and a static operation whose result is not a number is a mistake. Evaluation goes
 *       from left to right; {@code and}, {@code or} and {@code if} evaluate only what they need.
 * </ul>
 */
package dev.lgc.dsl.check;
