package dev.lgc.runtime.measure;

import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.cost.Reach;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.NumberRange;
import dev.lgc.runtime.device.cpu.Probe;
import dev.lgc.runtime.device.cpu.dnnl.DnnlLibrary;
import dev.lgc.runtime.io.BadInputException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** How fast this machine is at best: given, taken to be what such machines are, or measured. */
public final class MachineLimits {
  /** What a user says to have them measured. */
  public static final String MEASURED = "measured";

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** Of a device whose limits are given: seconds between two kernels. */
  private static final double LAUNCH = 5e-6;

  /** Billions a second that a device may do. */
  private static final NumberRange RATE = new NumberRange(false, 0, 1e9, true, false);

  /** How long to measure. */
  private static final double SECONDS = 0.6;

  private MachineLimits() {}

  /**
   * Limits.
   *
   * @param how they were found
   * @param reach what lgc reaches of them, where they are those of a processor like this one
   */
  public record Found(Limits limits, String how, Optional<Reach> reach) {
    /** Seconds to expect of a step, where something is known of that. */
    public OptionalDouble expected(PlanCost costs, Step step) {
      return reach.stream().mapToDouble(r -> costs.seconds(step, limits, r)).findFirst();
    }
  }

  /** For people: their rates. */
  public static String text(Limits limits) {
    double streamed = limits.bytesPerSecond() * 1e-9;
    double inPlace = limits.updatedPerSecond() * 1e-9;
    String rates =
        Text.format("%.0f GFLOP/s, %.1f GB/s", limits.operationsPerSecond() * 1e-9, streamed);
    return inPlace == streamed ? rates : rates + Text.format(", %.1f in place", inPlace);
  }

  /** For scripts: the same. */
  public static Map<String, Object> json(Limits limits) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("gflops", limits.operationsPerSecond() * 1e-9);
    m.put("gigabytes_per_second", limits.bytesPerSecond() * 1e-9);
    m.put("gigabytes_per_second_in_place", limits.updatedPerSecond() * 1e-9);
    return m;
  }

  /**
   * Those that a user gives as {@code GFLOPS,GBPS} or {@code measured}; those that are known if
   * null.
   */
  public static Found of(String given, int threads) {
    if (given == null) {
      return known(threads);
    }
    if (given.equals(MEASURED)) {
      return measure(threads);
    }
    String[] parts = given.strip().split("\\s*,\\s*", -1);
    if (parts.length != 2 || !RATE.holds(parts[0]) || !RATE.holds(parts[1])) {
      throw new BadInputException(
          "--limits " + given,
          "`measured`, or GFLOP/s,GB/s such as 67000,4800, each " + RATE.words(),
          "");
    }
    double flops = Double.parseDouble(parts[0]) * 1e9;
    double bytes = Double.parseDouble(parts[1]) * 1e9;
    return new Found(new Limits(flops, bytes, LAUNCH), "as given", Optional.empty());
  }

  /**
   * Those that this machine was measured to have, by an earlier command or by this one; see {@link
   * KeptLimits}. Assumed if it never was.
   */
  public static Found known(int threads) {
    return KeptLimits.read(threads).map(MachineLimits::kept).orElseGet(() -> assumed(threads));
  }

  /** The same, measured now if it never was: a second of all threads. */
  public static Found knownOrMeasured(int threads) {
    return KeptLimits.read(threads).map(MachineLimits::kept).orElseGet(() -> measure(threads));
  }

  private static Found kept(KeptLimits kept) {
    Probe.Rates rates = new Probe.Rates(kept.operations(), kept.bytes(), kept.updated());
    String how =
        Text.format(
            "measured here with %d %s on %s",
            kept.threads(), kept.threads() == 1 ? "thread" : "threads", kept.day());
    return found(rates, how);
  }

  /**
   * A generous guess: two multiply-adds of a whole vector a cycle at 5 GHz, and memory that two
   * threads exhaust. {@link Reach#OF_ASSUMED} is the share of it that is usual.
   */
  public static Found assumed(int threads) {
    double flops = 2 * 2.0 * SPECIES.length() * 5e9 * threads;
    Limits limits = new Limits(flops, Math.min(66e9 * threads, 135e9), 0);
    String how =
        Text.format(
            "assumed for %d threads (`lgc devices` measures them, and they are kept)", threads);
    return new Found(limits, how, Optional.of(Reach.OF_ASSUMED));
  }

  /** Measures {@code threads} threads together, and keeps what they reach for later commands. */
  public static Found measure(int threads) {
    try (Probe probe = new Probe(threads)) {
      Probe.Rates rates = probe.rates(SECONDS);
      KeptLimits.keep(rates, threads);
      return measured(rates, threads);
    }
  }

  /** Those that {@code threads} threads were measured to reach. */
  public static Found measured(Probe.Rates rates, int threads) {
    return found(rates, Text.format("measured with %d threads", threads));
  }

  private static Found found(Probe.Rates rates, String how) {
    double flops = rates.operations();
    Limits limits = new Limits(flops, bf16() * flops, rates.bytes(), rates.updated(), 0);
    return new Found(limits, how, Optional.of(Reach.JVM));
  }

  /**
   * Multiplications of BF16 in the time of one of F32: those of AVX512_BF16 take two neighbours
   * each. (AMX is faster still, and may be seen above this limit.)
   */
  private static int bf16() {
    return DnnlLibrary.multipliesBf16() ? 2 : 1;
  }
}
