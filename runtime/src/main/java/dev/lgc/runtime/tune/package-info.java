/**
 * Finds out which of the ways to compute a kernel is the fastest on a device, and remembers it.
 *
 * <pre>
 * Tunable.ways(kernel)       the ways there are, as text, the device's guess first
 * Trial.of(kernel)           that kernel alone as a plan, with data: run one way, timed and compared
 * Tuner.run(plan, steps)     Trial after Trial within a time, the costliest kernels first
 * Tuning                     by kernel, the fastest way: one file per device in the user's cache
 * </pre>
 *
 * <p>A way is known by its text alone, and looked up among the ways the device has today; so a file
 * can hold nothing that the device would not do by itself, whoever wrote it. A way that a later
 * version no longer has is passed over. Kernels are known by what they compute ({@link
 * dev.lgc.runtime.tune.KernelHash}), so what one model taught serves another.
 *
 * <p>Another schedule takes sums in another order: results are the same bits every time on one
 * device with one tuning, and differ in the last places from those of another. A way wins only if
 * its results equal the guess's within {@link dev.lgc.runtime.tune.Trial#TOLERANCE}.
 */
package dev.lgc.runtime.tune;
