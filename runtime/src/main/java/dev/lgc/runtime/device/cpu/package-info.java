/**
 * The default device: emitted kernels, run by a fixed pool of threads.
 *
 * <p>The units of a kernel call are divided among the threads, which steal work from each other
 * ({@link dev.lgc.runtime.device.cpu.WorkerPool}). Units do not depend on the number of threads,
 * and neither do results.
 *
 * <p>A device is of one rank of a run ({@link dev.lgc.runtime.dist.Ranks}). {@link
 * dev.lgc.runtime.device.cpu.CpuProgram} begins a plan's collectives where the plan has them, and
 * waits for each only before the first call that needs its memory.
 */
package dev.lgc.runtime.device.cpu;
