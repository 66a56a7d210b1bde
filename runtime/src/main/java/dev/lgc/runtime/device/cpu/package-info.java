/**
 * The default device: emitted kernels, run by a fixed pool of threads.
 *
 * <p>The units of a kernel call are shared out: each thread has a stretch of them, and takes from
 * the others' when it is done ({@link dev.lgc.runtime.device.cpu.WorkerPool}). Units do not depend
 * on the number of threads, and so neither do results.
 */
package dev.lgc.runtime.device.cpu;
