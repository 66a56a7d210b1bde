/**
 * Elaboration: a model whose static parameters have values becomes a {@link
 * dev.lgc.dsl.model.CheckedModel}, or a list of mistakes.
 *
 * <p>{@link dev.lgc.dsl.check.Language} is the entry point. One evaluator runs the file. Static
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
 * <p>The files in the order to read them. Each needs only those above it, except that the files of
 * the evaluator need each other, because the language is recursive.
 *
 * <pre>
 * Value, Scope, Dim, Instance        what expressions give, and where names are looked up
 * Fault, Expected, Elements, Statics   mistakes; kinds, elements and operators of static values
 * Dimensions, EntryBuilder           sizes of free names; the entry being built
 * Elaboration                        the state: mistakes, storage, the place, the entry
 * Tensors, TensorIndexing            operators and subscripts of tensors
 * FunctionSignature, Arguments       parameters, and the arguments that calls give them
 * Operands, LanguageFunction         a call of a function of the language; its rule
 * Functions                          all of these, each in the file of its FunctionFamily: ElementwiseFunctions, …
 * Words                              other names with a meaning
 * Selection, Parameters, EntryStatements   fields and elements, storage, what an entry gives
 *
 * Evaluator     expressions          Binder, Signature   calls of functions and forwards; their declared types
 * Globals       names of files       Coercion            types of parameters: rows of scales, facts of models
 * Bodies        statements           Blocks, Overrides   blocks to instances at paths; changes by variants
 *
 * Interfaces                         promises that models keep
 * EntryInputs, Objectives, Generators, Entries   forwards, objectives and generators to entries
 * GivenParameters, FileCheck, Language   what a user gives; all mistakes of a file; the entry point
 * </pre>
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
