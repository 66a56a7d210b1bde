/**
 * Kernels as JVM bytecode: loops over off-heap memory, with the Vector API where it pays.
 *
 * <pre>
 * Kernel --LoopScheduler--> JvmSchedule.Loops --KernelEmitter--> KernelImage (class file, launch) --load--> KernelCode
 * Kernel --Strategy.propose--> another JvmSchedule --Strategy.compile--> KernelCode        contractions, libraries
 * Kernel --KernelSplitting--> KernelPart* --each as above--> SplitKernelCode               several products in one
 *   KernelSplitting    StageGroup*: each product alone, what is between them together
 *     KernelPartBuilder  a group as a kernel of its own, by what it reads and writes (LocalDefUse)
 *
 * KernelEmitter    the class: what a unit of work is, and the calls for it
 *   ChunkEmitter   vectors along an axis of the space   |  PointEmitter   a point at a time, vectors in its stages
 *     StageEmitter       the loops of a stage (VectorLoops, SegmentLoops, UnrollAndJam) and its reduction (Accumulator)
 *       ExpressionEmitter  an expression, each part once per scope
 *         VectorEmitter      the same for all lanes of a vector (Scalarization, Uniforms)
 *           VectorLoads        its loads (WindowedGather, LaneGather); VectorStores: the stores of a stage
 *             Addresses          where elements are, as sums (BoundsChecks, SpillSlots)
 *               Environment        what is bound and computed where the next instruction stands
 *                 KernelMethod       the method: its parameters, and the instructions (MemoryAccess, ScalarFunctions,
 *                                    VectorFunctions) for operands and memory
 *                   MethodCode         local variables and counted loops
 * </pre>
 *
 * <p>No file needs one that stands above it. But expressions contain expressions: a load's index is
 * one, and what writes its address asks for the values in it through {@link
 * dev.lgc.compiler.emit.jvm.Subexpressions}, which the emitter of expressions hands down.
 *
 * <p><b>Example.</b> RMSNorm of 32 rows of 64 elements ({@code lgc compile
 * --dump=kernels,bytecode}), for vectors of 16 lanes:
 *
 * <pre>
 * for a0 &lt; 32                                             kernel: a point per row
 *   v0 = sum a1 &lt; 64: b0[a0*64 + a1] * b0[a0*64 + a1]     stage 0
 *   v1 = v0 / 64                                          stages 1 to 3, without loops
 *   v2 = v1 + 1.0E-5
 *   v3 = 1 / sqrt(v2)
 *   for a2 &lt; 64: b2[a0*64 + a2] = b0[a0*64 + a2] * v3 * b1[a2]                             stage 4
 *
 * Loops[lanes=Inner[a1, none, none, none, a2], width=16]  schedule: stages 0 and 4 have vectors along a1 and a2
 *
 * run(phase, buffers, shared, scratch, from, to)          class: a unit is a row
 *   for unit in from … to: point(…, unit)
 * point(…, a0)
 *   v0 = stage0(…, a0); v1 = v0 / 64; v2 = v1 + 1.0E-5; v3 = 1 / (float) Math.sqrt(v2)
 *   stage4(…, a0, v3)
 * stage0(…, a0)
 *   s0 = s1 = broadcast(0)                                two partial sums, so that no addition waits for the last
 *   for (a1 = 0; a1 &lt; 64; a1 += 32)
 *     x0 = load(b0 + 256 a0 + 4 a1);        s0 = fma(x0, x0, s0)
 *     x1 = load(b0 + 256 a0 + 4 (a1 + 16)); s1 = fma(x1, x1, s1)
 *   return the lanes of s0 + s1, joined in a tree         HorizontalReduction
 * </pre>
 *
 * <p><b>A kernel's code.</b> One class per kernel, whose {@link
 * dev.lgc.compiler.emit.jvm.KernelCode#run} computes a range of units: parts of the kernel's space
 * that do not depend on how many threads there are. Buffers are absolute addresses, so the repeated
 * layers of a model share one class. In it, a stage with loops is a method, and stages that are
 * alike share one ({@link dev.lgc.compiler.emit.jvm.StageDeduplicator}): each is slow until the JIT
 * has compiled it. Memory is reached through one segment over the whole address space.
 *
 * <p><b>Lanes.</b> A schedule names the axes whose neighbouring positions share a vector, chosen by
 * {@link dev.lgc.compiler.emit.jvm.VectorizationCost}. Whatever does not depend on such an axis
 * stays scalar and is computed outside the loop; guards become masks; the tail of a row is masked
 * too, so an element is always computed by the same instructions.
 *
 * <p><b>What repeats within a vector.</b> Vectors begin at multiples of their width, so an index
 * with quotients and remainders by powers of two often differs from its first lane's by a constant
 * {@link dev.lgc.compiler.emit.jvm.LanePattern}: the lanes' elements lie in a few stretches of
 * memory ({@link dev.lgc.compiler.emit.jvm.GatherWindows}), which are loaded whole and rearranged
 * by constant shuffles; conditions are constant masks; what all lanes share is one element.
 * Innermost loops shorter than a vector are flattened into the next to that end ({@link
 * dev.lgc.compiler.emit.jvm.LoopFlattening}), where the estimate says that it pays.
 *
 * <p><b>Bits.</b> Results depend on neither the number of threads nor on how far the JIT has got:
 * every vector operation used has exactly one result, and single elements give the same bits as
 * lanes (NaN aside). So EXP, LOG, TANH, SIN and COS are polynomials here ({@link
 * dev.lgc.compiler.emit.jvm.MathFunctions}) and not {@code VectorOperators.EXP}, which rounds
 * differently once compiled; SIN and COS of angles above 30000 are computed in doubles, one lane at
 * a time; and sums over lanes are a tree of shuffles and not {@code reduceLanes}.
 *
 * <p><b>Kernel splitting.</b> A kernel of several products and what is between them is run as
 * several kernels, one after the other by one thread for every point of its space, handing each
 * other arrays in that thread's memory ({@link dev.lgc.compiler.emit.jvm.KernelSplitting}). Each
 * part is scheduled by itself, so a product in a kernel is computed as fast as one alone.
 *
 * <p><b>Other ways.</b> A {@link dev.lgc.compiler.emit.jvm.Strategy} proposes better code for some
 * kernels (contractions); see {@code emit.jvm.contraction}.
 */
package dev.lgc.compiler.emit.jvm;
