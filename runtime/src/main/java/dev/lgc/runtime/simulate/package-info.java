/**
 * Training on several ranks, played before anything runs.
 *
 * <pre>
 * RankJob --Strategy--> ExecutionPlan --StepSimulation--> Timeline --RanksReport--> text, JSON, drawing
 * </pre>
 *
 * <p>A {@code Strategy} is a request of a plan; all else follows from that plan. Its calls become
 * activities on two lanes: a kernel takes the time that {@link dev.lgc.compiler.cost.Efficiency}
 * expects of it, a collective that of the {@code Network}, whose messages are those of the engine
 * ({@link dev.lgc.runtime.dist.Traffic}). A collective overlaps with the calls that follow it until
 * {@link dev.lgc.compiler.plan.CollectiveWaits} has one of them wait.
 *
 * <p>All ranks do the same, so one is played for all of them. Not counted: what a collective takes
 * of the processor and the memory from the kernels beside it, ranks that are slower than others,
 * reading data, checkpoints.
 */
package dev.lgc.runtime.simulate;
