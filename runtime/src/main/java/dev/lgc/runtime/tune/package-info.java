/**
 * Autotuning: the fastest of the candidate schedules of each kernel on a device, measured and kept.
 *
 * <pre>
 * Tunable.schedules(kernel)  the candidates, as text, the device's guess first
 * Trial.of(kernel)           that kernel alone as a plan, with data: run by one schedule, timed
 * Tuner.run(plan, steps)     Trial after Trial within a time, the costliest kernels first
 * Tuning                     by kernel, the fastest schedule: one file per device in the user's cache
 * </pre>
 *
 * <p>A schedule is known by its text alone, and looked up among those that the device has today; so
 * a file can hold nothing that the device would not do by itself, whoever wrote it. A schedule that
 * a later version no longer has is skipped. Kernels are known by what they compute ({@link
 * dev.lgc.runtime.tune.KernelHash}), so what one model taught serves another.
 *
 * <p>Another schedule takes sums in another order: results are the same bits every time on one
 * device with one tuning, and differ in the last places from those of another. A schedule wins only
 * if its results equal the guess's within {@link dev.lgc.runtime.tune.Trial#TOLERANCE}.
 */
package dev.lgc.runtime.tune;
