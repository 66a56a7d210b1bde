/**
 * The memory that there is for this process, whatever bounds it: the limits of its control groups,
 * of its shell ({@code ulimit}), and of the machine.
 *
 * <p>{@link dev.lgc.runtime.memory.MemoryBounds} reads the bounds; {@link
 * dev.lgc.runtime.memory.MemoryNeed} is what a plan takes, estimated as {@code lgc plan} does; and
 * {@link dev.lgc.runtime.memory.MemoryFit} compares the two before anything is allocated.
 */
package dev.lgc.runtime.memory;
