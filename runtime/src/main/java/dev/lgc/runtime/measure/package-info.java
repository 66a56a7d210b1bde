/**
 * Measurement: the limits of this machine, and the time of a model's steps beside them.
 *
 * <p>{@link dev.lgc.runtime.measure.MachineLimits} are operations and bytes a second, and the time
 * to start a kernel. They are given by the user, measured, or read from the user's cache, where the
 * last measurement is kept for each processor and number of threads. {@link
 * dev.lgc.runtime.measure.Measurement} times a step and its kernels; {@link
 * dev.lgc.runtime.measure.Roofline} measures the limits in turns with it, so that both meet the
 * same moments of a machine that others use too. {@link dev.lgc.runtime.measure.Workload} adds
 * steps up to what people wait for: a step of training, or a batch of samples.
 *
 * {@snippet :
 * try (Roofline limits = Roofline.of(null, device, threads)) {
 *   Measurement m = Measurement.of(session, step, positions, limits, seconds);
 *   out.print(m.text(10)); // the ten kernels that take longest
 * }
 * }
 */
package dev.lgc.runtime.measure;
