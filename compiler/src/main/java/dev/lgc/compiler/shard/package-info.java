/**
 * Tensor parallelism (arXiv:1909.08053): one model that is computed by several ranks together,
 * because it fits the memory of none. Each rank stores a part of every matrix and of every cache,
 * computes with it, and the ranks put together what each next operation needs whole.
 *
 * <pre>
 * one rank                                    each of R ranks
 * h = contract "bsi,oi-&gt;bso" (x, w1 [o, i])    h' = contract (x, w1' [o / R, i])        a part of h
 * g = silu(h)                                 g' = silu(h')
 * y = contract "bsi,oi-&gt;bso" (g, w2 [o, i])    y = allreduce(contract (g', w2' [o, i / R]))
 * </pre>
 *
 * <p>Nothing here knows blocks, layers or names. The search is for axes: a matrix is split along
 * the axis that a contraction keeps of it, and the axis of the result is followed through slices,
 * reshapes, rotations, attention, caches and everything element by element, up to a contraction
 * that sums over it. That one's matrix is split along the summed axis, and the ranks add up what
 * each has. Where an operation needs more than a part of the axis, such as a norm, or the choice of
 * the largest logits, the value is gathered.
 *
 * <ul>
 *   <li>{@link dev.lgc.compiler.shard.AxisCuts}: the places where slices cut each axis, so that
 *       ranks get a part of queries, keys and values each.
 *   <li>{@link dev.lgc.compiler.shard.StoredSplits}: what is known of the stored tensors, which all
 *       steps of a plan have to agree on.
 *   <li>{@link dev.lgc.compiler.shard.SplitAnalysis}: the split of every value of a graph, by the
 *       kind of its operation.
 *   <li>{@link dev.lgc.compiler.shard.SplitRewriting}: the graph of one rank.
 *   <li>{@link dev.lgc.compiler.shard.TensorParallel}: the pass, which repeats the analysis until
 *       all steps agree.
 * </ul>
 *
 * <p>Sums over parts round in another order than a sum in one piece, so results differ from those
 * of one rank within the rounding of F32. Every rank computes the same bits of what is whole, so
 * all draw the same codes.
 */
package dev.lgc.compiler.shard;
