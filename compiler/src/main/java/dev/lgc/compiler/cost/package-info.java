/**
 * The cost of a plan, before anything runs.
 *
 * <pre>
 * ExecutionPlan --PlanCost.of--> Cost of each step: arithmetic operations, bytes moved, kernel launches, bytes sent to other ranks
 * </pre>
 *
 * <p>A kernel's cost is read off its algorithm. Its operations are the floating-point functions and
 * reductions of its stages at all their points; index arithmetic and conversions are free. Its
 * bytes are each buffer once, or each element that is loaded once where that is less, as in a
 * lookup: caches are taken to hold what is read again. A loop with a bound counts half: the mean
 * over all ends it may have. Time against a device's limits ({@link dev.lgc.compiler.cost.Limits})
 * is the sum over kernels of whichever takes longer, computing or moving. The efficiency of a
 * target's kernels ({@link dev.lgc.compiler.cost.Efficiency}) makes a least time one to expect.
 *
 * <p>A collective over a group of g ranks sends, from each of them, its operand to g - 1 others
 * (all-gather), all but one of g blocks (reduce-scatter), or twice that (all-reduce). No time is
 * counted for it: kernels run beside it.
 */
package dev.lgc.compiler.cost;
