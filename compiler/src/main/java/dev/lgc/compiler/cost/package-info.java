/**
 * What a plan costs, before anything runs.
 *
 * <pre>
 * ExecutionPlan --PlanCost.of--> Cost of each step: arithmetic operations, bytes moved, kernel launches
 * </pre>
 *
 * <p>A kernel's cost is read off its algorithm. Its operations are the floating-point functions and
 * reductions of its stages at all their points; index arithmetic and conversions are free. Its
 * bytes are each buffer once, or each element that is loaded once where that is less, as in a
 * lookup: caches are taken to hold what is read again. A loop with a bound counts half: the mean
 * over all ends it may have. Time against a device's limits ({@link dev.lgc.compiler.cost.Limits})
 * is the sum over kernels of whichever takes longer, computing or moving. What a target's kernels
 * reach of the limits ({@link dev.lgc.compiler.cost.Reach}) makes a least time one to expect.
 */
package dev.lgc.compiler.cost;
