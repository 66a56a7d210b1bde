/**
 * Kernels: what runs at once on a device, as algorithm; each target chooses its own schedule for
 * it.
 *
 * <pre>
 * Kernel   ::= buffers: Buffer*   space: Axis*   stages: Stage*
 * Buffer   ::= dtype, elements, access                     a formal parameter; calls bind it to an arena offset
 * Stage    ::= target  axes: Axis*  reduction: Axis*  reducer  value: Scalar  bound: Bound?
 * Bound    ::= axis  end: Scalar                           a loop that may end early, at an end read from memory
 * Target   ::= Local(number, dtype)                        one value per point of the space
 *            | Scratch(number, dtype, extents)             a small array per point of the space
 *            | Store(buffer, index: Scalar)                an element of a buffer
 * </pre>
 *
 * <p>For every point of the space, in any order and in parallel, the stages run one after the
 * other; a stage computes its target for every point of its own axes, reducing over its reduction
 * axes. In a kernel, {@code Scalar.Load} numbers the kernel's buffers and has exactly one index,
 * the linear element index. No two points of the space write the same element, and a buffer that is
 * both read and written is read only at the elements the same point writes.
 *
 * <p>A bound leaves out positions that would not change any result: what is masked of a cache, when
 * it is not yet written. A scratch array with a bound has no values beyond it, and is read only by
 * loops with the same bound. Whoever makes a bound has shown that ({@code fuse.DynamicBounds}); a
 * target need not look at why.
 *
 * <p>Kernels name no arenas: a {@link dev.lgc.compiler.plan.KernelCall} binds buffers to slots, so
 * that the repeated layers of a model share one kernel, compiled and warmed up once.
 */
package dev.lgc.compiler.kernel;
