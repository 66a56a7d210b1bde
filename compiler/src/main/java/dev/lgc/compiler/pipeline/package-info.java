/**
 * The compiler's front door: from a checked model, and what a plan shall be able to do, to an
 * execution plan.
 *
 * <pre>
 * CheckedModel, Requests
 *   --derivations--&gt;  a graph for each step                  Training, Generation, Initialisation, …
 *   --Passes--------&gt;  final graphs of primitives            simplify … rank-collectives
 *   --Planner-------&gt;  kernels, and a place for every value  ExecutionPlan
 * </pre>
 *
 * <p>A {@link dev.lgc.compiler.pipeline.Request} says what a plan shall be able to do: train an
 * objective, generate codes, run an entry as it stands, and each of these for batches of several
 * sizes, whose steps share the parameters. {@link dev.lgc.compiler.pipeline.Derivation} derives the
 * graph of each step that this takes; what cannot be derived is a {@link
 * dev.lgc.compiler.rewrite.Problem} with its place in the user's file. The graphs then go through
 * the list in {@link dev.lgc.compiler.pipeline.Passes}. There are two kinds of {@link
 * dev.lgc.compiler.pipeline.Pass}: over one step's graph whatever the others are, and over all
 * steps of a plan, which have to agree on how a tensor is stored or on how much memory is left.
 * {@link dev.lgc.compiler.pipeline.PassDriver} runs them. A {@link
 * dev.lgc.compiler.pipeline.PassObserver} is told of each: {@link
 * dev.lgc.compiler.pipeline.PassTrace} prints what it was told for {@code --dump}.
 *
 * <p>To add a pass: a class in {@link dev.lgc.compiler.rewrite} with one pure function and its
 * before and after, a line in {@link dev.lgc.compiler.pipeline.Passes} with the reason for its
 * place, a test of the function.
 *
 * <p>What can be said of a model without planning it is here too: whether its batches may be
 * computed in parts ({@link dev.lgc.compiler.pipeline.MicroBatches}).
 */
package dev.lgc.compiler.pipeline;
