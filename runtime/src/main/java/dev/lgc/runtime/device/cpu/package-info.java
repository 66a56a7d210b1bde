/**
 * The default device: emitted kernels, run by a fixed pool of threads.
 *
 * <p>Every kernel call splits its units into one contiguous range per thread. Units do not depend
 * on the number of threads, and so neither do results.
 */
package dev.lgc.runtime.device.cpu;
