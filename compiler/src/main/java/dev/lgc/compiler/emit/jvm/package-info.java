/**
 * Kernels as JVM bytecode: loops over off-heap memory, with the Vector API where it pays.
 *
 * <pre>
 * Kernel --Scheduler--> Schedule --KernelEmitter--> KernelImage (class file, launch) --load--> KernelCode
 * </pre>
 *
 * <p><b>A kernel's code.</b> One class per kernel, whose {@link
 * dev.lgc.compiler.emit.jvm.KernelCode#run} computes a range of units: pieces of the kernel's space
 * that do not depend on how many threads there are. Buffers are absolute addresses, so the repeated
 * layers of a model share one class. In it, a stage with loops is a method, and stages that are
 * alike share one ({@link dev.lgc.compiler.emit.jvm.AlikeStages}): each is slow until the JIT has
 * compiled it. Memory is reached through one segment over the whole address space.
 *
 * <p><b>Lanes.</b> A schedule names the axes whose neighbouring positions share a vector. Whatever
 * does not depend on such an axis stays scalar and is computed outside the loop; guards become
 * masks; what is left over at the end of a row is masked too, so an element is always computed by
 * the same instructions.
 *
 * <p><b>What repeats within a vector.</b> Vectors begin at multiples of their width, so an index
 * with quotients and remainders by powers of two often differs from its first lane's by a constant
 * {@link dev.lgc.compiler.emit.jvm.Pattern}: the lanes' elements lie in a few stretches of memory
 * ({@link dev.lgc.compiler.emit.jvm.Windows}), which are loaded whole and rearranged by constant
 * shuffles; conditions are constant masks; what all lanes share is one element. Innermost loops
 * shorter than a vector are joined with the next to that end ({@link
 * dev.lgc.compiler.emit.jvm.ShortLoops}), where the estimate says that it pays.
 *
 * <p><b>Bits.</b> Results depend on neither the number of threads nor on how far the JIT has got:
 * every vector operation used has exactly one result. So EXP, LOG and TANH are polynomials here
 * ({@link dev.lgc.compiler.emit.jvm.VectorMath}) and not {@code VectorOperators.EXP}, which rounds
 * differently once compiled, and sums over lanes are a tree of shuffles and not {@code
 * reduceLanes}.
 *
 * <p><b>Pieces.</b> A kernel of several products and what is between them is run as several
 * kernels, one after the other by one thread for every point of its space, handing each other
 * arrays in that thread's memory ({@link dev.lgc.compiler.emit.jvm.Pieces}). Each piece is
 * scheduled by itself, so a product in a kernel is computed as fast as one alone.
 *
 * <p><b>Other ways.</b> A {@link dev.lgc.compiler.emit.jvm.Strategy} proposes better code for some
 * kernels (contractions); see {@code emit.jvm.contraction}.
 */
package dev.lgc.compiler.emit.jvm;
