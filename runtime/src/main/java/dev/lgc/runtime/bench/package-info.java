/**
 * The benchmark of a model's steps: {@code lgc bench}.
 *
 * {@snippet :
 * Benchmark bench = new Benchmark(argument, model, training, guided, weights, precision, memory);
 * ExecutionPlan plan = bench.plan(device, warn);
 * List<Step> steps = Benchmark.steps(plan, named);
 * List<Measurement> measured = bench.measure(session, steps, roofline, seconds, m -> print(m));
 * }
 *
 * <p>{@link dev.lgc.runtime.bench.TuningRun} chooses schedules before that, {@link
 * dev.lgc.runtime.bench.BenchReport} sums up. A step is timed by {@link
 * dev.lgc.runtime.measure.Measurement}, beside the limits of the device.
 */
package dev.lgc.runtime.bench;
