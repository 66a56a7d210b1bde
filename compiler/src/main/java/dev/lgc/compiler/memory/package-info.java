/**
 * Static memory: where every value of a step lives, decided before the first step.
 *
 * <p>A value is a {@link dev.lgc.compiler.memory.Lifetime}: a size and the first and last call that
 * touch it. The allocator gives each an offset so that no two values that are alive together
 * overlap.
 */
package dev.lgc.compiler.memory;
