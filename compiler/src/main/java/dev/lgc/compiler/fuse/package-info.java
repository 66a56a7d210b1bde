/**
 * Fusion: makes kernels of a graph, each of which computes several nodes.
 *
 * <p>Were every node of a graph a kernel, each value would be written to memory and read again, and
 * most of the time would go there. Fusion decides which nodes one kernel computes, which values are
 * stored in memory, and what the kernels' loops are. It knows no operation by name. It looks at
 * their <em>algorithms</em>, {@code out[space] = reduce over reduction of value} ({@link
 * dev.lgc.compiler.algorithm.Algorithm}), and at numbers that the target gives ({@link
 * dev.lgc.compiler.fuse.FusionLimits}).
 *
 * <pre>
 * Graph --Partition------&gt; Regions           which nodes are computed together, and which are stored
 *       --KernelBuilder--&gt; calls of kernels  stages, with indexes in normal form
 *       --ClusterSearch--&gt; fewer calls       products of batches joined with what is between them
 *       --clean-up-------&gt; calls             loops joined and bounded, axes and buffers renumbered
 * </pre>
 *
 * <p>{@link dev.lgc.compiler.fuse.Fuser} takes these steps, and reads like this list. Below, one
 * graph goes through them. A test computes every dump.
 *
 * <h2>1. The graph</h2>
 *
 * <p>The example is an RMSNorm of 2 × 4 rows of 64 numbers, and a projection of each row to 128:
 *
 * <pre>{@code
 * graph project
 * %0 = input x : [2, 4, 64]
 * %1 = mul %0 %0 : [2, 4, 64]
 * %2 = sum [2] %1 : [2, 4]
 * %3 = fill 0.015625 : [2, 4]
 * %4 = mul %2 %3 : [2, 4]
 * %5 = fill 1.0E-5 : [2, 4]
 * %6 = add %4 %5 : [2, 4]
 * %7 = rsqrt %6 : [2, 4]
 * %8 = stored norm.weight : [64]
 * %9 = broadcast [2, 4, 64] %8 : [2, 4, 64]
 * %10 = reshape [2, 4, 1] %7 : [2, 4, 1]
 * %11 = broadcast [2, 4, 64] %10 : [2, 4, 64]
 * %12 = mul %0 %11 : [2, 4, 64]
 * %13 = mul %12 %9 : [2, 4, 64]
 * %14 = stored proj.weight : [128, 64]
 * %15 = contract bsi,oi->bso %13 %14 : [2, 4, 128]
 * output y = %15
 * }</pre>
 *
 * <p>All ops are primitives. Five families matter: sources (inputs, stored tensors, constants),
 * element-wise ops, movements (broadcast, slice, …), reductions and contractions. {@link
 * dev.lgc.compiler.fuse.NodeAnalysis} computes once for each node what the next step asks: its
 * consumers, its cost, whether it is an <em>alias</em> (a reshape such as {@code %10} has the
 * memory of its operand) and whether it is <em>dear</em> (an {@code rsqrt} costs a division and a
 * root). {@link dev.lgc.compiler.fuse.LiveOut} names the nodes that must be in memory at the end:
 * here {@code %15}.
 *
 * <h2>2. Regions</h2>
 *
 * <p>A <em>region</em> is what one kernel computes. It has axes, and its <em>members</em> are nodes
 * with the indexes at which the region needs them. {@link dev.lgc.compiler.fuse.Partition} visits
 * nodes from last to first, so that all consumers of a node are placed before it:
 *
 * <ul>
 *   <li>{@code %15} is live-out and a contraction. It gets a region of its own, whose axes are the
 *       dimensions of its result; its sum runs over another, {@code a3}.
 *   <li>{@code %13} is an operand of it. A contraction reads through a movement or a widening cast
 *       and nothing else, so that its loads stay simple. So {@code %13} is stored, by a second
 *       region with axes of its own.
 *   <li>{@code %12}, {@code %11}, {@code %10} and {@code %9} become members of that region ({@link
 *       dev.lgc.compiler.fuse.Admission}). They cost little, so each is <em>substituted</em> where
 *       it is used: a load of it becomes its value, with its own axes replaced by the index of the
 *       load.
 *   <li>{@code %7} is dear, and would be computed 64 times for each row. It is admitted since it
 *       could be computed once per row ({@link dev.lgc.compiler.fuse.RowReuse}).
 *   <li>{@code %2} is a reduction. Its result is the same for a whole row, and there are enough
 *       rows to compute in parallel. So the region comes to run over rows: {@code a0} and {@code
 *       a1} stay its <em>space</em>, and {@code a2} becomes a loop inside. Now {@code %2} to {@code
 *       %7} are the same for a whole row too, and get <em>locals</em>.
 *   <li>{@code %1} is substituted into the sum, over the axis {@code a3} that the sum runs over.
 *   <li>{@code %0} and {@code %8} are sources: the kernel loads them. The constants {@code %3} and
 *       {@code %5} become literals.
 * </ul>
 *
 * <p>The result:
 *
 * <pre>{@code
 * region over a0 < 2, a1 < 4, rows of a2 < 64
 *   %1   [a0, a1, a3]: substituted
 *   %2   [a0, a1] over [a3]: local
 *   %4   [a0, a1]: local
 *   %6   [a0, a1]: local
 *   %7   [a0, a1]: local
 *   %9   [a0, a1, a2]: substituted
 *   %10  [a0, a1, 0]: substituted
 *   %11  [a0, a1, a2]: substituted
 *   %12  [a0, a1, a2]: substituted
 *   %13  [a0, a1, a2]: stored
 * region over a0 < 2, a1 < 4, a2 < 128
 *   %15  [a0, a1, a2] over [a3]: stored
 * }</pre>
 *
 * <p>A node that several regions need is computed in each where that costs less than to store and
 * load it ({@link dev.lgc.compiler.fuse.RecomputeCosts}). Else it is stored: by a region that
 * visits all its elements anyway ({@link dev.lgc.compiler.fuse.StorePlacement}), or by one of its
 * own. No region may come to need what itself computes ({@link dev.lgc.compiler.fuse.RegionOrder}).
 *
 * <h2>3. Kernels as they are built</h2>
 *
 * <p>{@link dev.lgc.compiler.fuse.KernelBuilder} writes the region of the norm as a kernel ({@link
 * dev.lgc.compiler.kernel} has the grammar): a stage for each local and for each store, everything
 * else substituted:
 *
 * <pre>{@code
 * kernel mul_sum_add_rsqrt(b0: float[512] in, b1: float[64] in, b2: float[512] out)
 *   for a0 < 2, a1 < 4
 *     v0 = sum a3 < 64: b0[a0*256 + a1*64 + a3] * b0[a0*256 + a1*64 + a3]
 *     v1 = v0 * 0.015625
 *     v2 = v1 + 1.0E-5
 *     v3 = 1 / sqrt(v2)
 *     for a2 < 64: b2[a0*256 + a1*64 + a2] = b0[a0*256 + a1*64 + a2] * v3 * b1[a2]
 * bound to b0 = %0, b1 = %8, b2 = %13
 * }</pre>
 *
 * <p>The reshape and both broadcasts are gone: they were index arithmetic. An index is kept in a
 * normal form ({@link dev.lgc.compiler.fuse.QuasiAffine}), in which most divisions cancel:
 *
 * <pre>
 * QuasiAffine ::= constant + Σ factor · atom
 * atom        ::= axis | QuasiAffine DIV k | QuasiAffine MOD k | any other I32 scalar
 * </pre>
 *
 * <p>Where a division of an axis by a divisor of its extent is left, the axis is split in two
 * ({@link dev.lgc.compiler.fuse.AccessAnalysis}): {@code a < 768: x[a DIV 64, a MOD 64]} becomes
 * {@code a < 12, b < 64: x[a, b]}. So reshapes between shapes with a common refinement cost
 * nothing.
 *
 * <p>A second layer's norm would get the same kernel, bound to other nodes: {@link
 * dev.lgc.compiler.fuse.KernelDeduplicator} builds one kernel for all regions that differ only in
 * their nodes.
 *
 * <h2>4. Clusters</h2>
 *
 * <p>{@link dev.lgc.compiler.fuse.ClusterSearch} changes nothing in this example. It is there for
 * attention. Take {@code q}, {@code k} and {@code v} of 8 × 64 × 16, scores {@code q kᵀ}, their
 * exponentials, and the product of these with {@code v}; a softmax would only add reductions. Here
 * {@code %0}, {@code %1} and {@code %2} are {@code q}, {@code k} and {@code v}. The scores {@code
 * %3} and their exponentials {@code %4} are larger than all the rest, and go through memory:
 *
 * <pre>{@code
 * kernel contract(b0: float[8192] in, b1: float[8192] in, b2: float[32768] out)
 *   for a0 < 8, a1 < 64, a2 < 64
 *     b2[a0*4096 + a1*64 + a2] = sum a3 < 16: b0[a0*1024 + a1*16 + a3] * b1[a0*1024 + a2*16 + a3]
 * bound to b0 = %0, b1 = %1, b2 = %3
 * kernel exp(b0: float[32768] in, b1: float[32768] out)
 *   for a0 < 8, a1 < 64, a2 < 64
 *     b1[a0*4096 + a1*64 + a2] = exp(b0[a0*4096 + a1*64 + a2])
 * bound to b0 = %3, b1 = %4
 * kernel contract(b0: float[32768] in, b1: float[8192] in, b2: float[8192] out)
 *   for a0 < 8, a1 < 64, a2 < 16
 *     b2[a0*1024 + a1*16 + a2] = sum a3 < 64: b0[a0*4096 + a1*64 + a3] * b1[a0*1024 + a3*16 + a2]
 * bound to b0 = %4, b1 = %2, b2 = %5
 * }</pre>
 *
 * <p>Where one kernel stores the scores and the next one loads them, the first axes stand for the
 * same digit of the index ({@link dev.lgc.compiler.fuse.AxisAlignment}). In all three kernels this
 * axis numbers batches that have nothing to do with each other. So the kernels become one over
 * batches ({@link dev.lgc.compiler.fuse.Cluster}), with scores in scratch arrays. As 8 batches are
 * few, rows of the scores are divided into two blocks:
 *
 * <pre>{@code
 * kernel contract_exp_3(b0: float[8192] in, b1: float[8192] in, b2: float[8192] in, b3: float[8192] out)
 *   for a0 < 8, a1 < 2
 *     for a2 < 32, a3 < 64: v0[a2, a3] = sum a4 < 16: b0[a0*1024 + a1*512 + a2*16 + a4] * b1[a0*1024 + a3*16 + a4]
 *     for a5 < 32, a6 < 64: v1[a5, a6] = exp(v0[a5, a6])
 *     for a7 < 32, a8 < 16: b3[a0*1024 + a1*512 + a7*16 + a8] = sum a9 < 64: v1[a7, a9] * b2[a0*1024 + a9*16 + a8]
 * bound to b0 = %0, b1 = %1, b2 = %2, b3 = %5
 * }</pre>
 *
 * <h2>5. Clean-up</h2>
 *
 * <p>{@link dev.lgc.compiler.fuse.CoalesceLoops} joins loops that every index treats as one: {@code
 * a0 < 2, a1 < 4} above are eight rows. {@link dev.lgc.compiler.fuse.DynamicBounds} ends loops over
 * positions that a mask excludes, where the mask compares with a number from memory. {@link
 * dev.lgc.compiler.fuse.Canonical} numbers axes and buffers in order of use, so that kernels that
 * do the same are equal. These are the final kernels of the norm and the projection:
 *
 * <pre>{@code
 * kernel mul_sum_add_rsqrt(b0: float[512] in, b1: float[64] in, b2: float[512] out)
 *   for a0 < 8
 *     v0 = sum a1 < 64: b0[a0*64 + a1] * b0[a0*64 + a1]
 *     v1 = v0 * 0.015625
 *     v2 = v1 + 1.0E-5
 *     v3 = 1 / sqrt(v2)
 *     for a2 < 64: b2[a0*64 + a2] = b0[a0*64 + a2] * v3 * b1[a2]
 * bound to b0 = %0, b1 = %8, b2 = %13
 * kernel contract(b0: float[512] in, b1: float[8192] in, b2: float[1024] out)
 *   for a0 < 8, a1 < 128
 *     b2[a0*128 + a1] = sum a2 < 64: b0[a0*64 + a2] * b1[a1*64 + a2]
 * bound to b0 = %13, b1 = %14, b2 = %15
 * }</pre>
 *
 * <p>A {@link dev.lgc.compiler.fuse.FusedCall} has such a kernel and the nodes that its buffers are
 * bound to. The order of calls and the places of values in memory are for {@link
 * dev.lgc.compiler.plan} to choose.
 *
 * <h2>What else is here</h2>
 *
 * <ul>
 *   <li>{@link dev.lgc.compiler.fuse.SplitReductions}, a pass over graphs that runs before: a long
 *       reduction to few elements becomes two, of which the first can be computed in parallel.
 *   <li>{@link dev.lgc.compiler.fuse.BatchedGemv}: contractions that are better off as members of a
 *       region, as the products of one query with a cache are.
 *   <li>{@link dev.lgc.compiler.fuse.FusedCollective}: collectives are part of no kernel; kernels
 *       are those of a graph without them.
 *   <li>{@link dev.lgc.compiler.fuse.MergeBuffers}: a call whose buffers turn out to be at one
 *       place.
 *   <li>{@link dev.lgc.compiler.fuse.CopyKernels}: kernels for a value that is needed in other
 *       memory than its own.
 * </ul>
 */
package dev.lgc.compiler.fuse;
