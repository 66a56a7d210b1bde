package dev.lgc.runtime.measure;

import dev.lgc.compiler.cost.Efficiency;
import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.emit.jvm.HostVectors;
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

/** The limits of this machine's speed: given, assumed, or measured. */
public final class MachineLimits {
  /** The word that a user gives to have them measured. */
  public static final String MEASURED = "measured";

  /** Of a device whose limits are given: seconds between two kernels. */
  private static final double LAUNCH = 5e-6;

  /** Billions a second that a device may do. */
  private static final NumberRange RATE = new NumberRange(false, 0, 1e9, true, false);

  /** Seconds of a measurement. */
  private static final double SECONDS = 0.6;

  private MachineLimits() {}

  /**
   * Limits that are known.
   *
   * @param how they were found
   * @param efficiency the share of them that lgc reaches; empty unless they are those of a
   *     processor like this one
   */
  public record Known(Limits limits, String how, Optional<Efficiency> efficiency) {
    /** The limits of each of several processes that compute on the same machine at a time. */
    public Known sharedBy(int processes) {
      if (processes == 1) {
        return this;
      }
      Limits part =
          new Limits(
              limits.operationsPerSecond() / processes,
              limits.roundedPerSecond() / processes,
              limits.bytesPerSecond() / processes,
              limits.updatedPerSecond() / processes,
              limits.secondsPerLaunch());
      return new Known(part, how + Text.format(", shared by %d ranks", processes), efficiency);
    }

    /** The rates for scripts. */
    public Map<String, Object> json() {
      return MachineLimits.json(limits);
    }

    /** Seconds to expect of a step, where something is known of that. */
    public OptionalDouble expected(PlanCost costs, Step step) {
      return efficiency.stream().mapToDouble(r -> costs.seconds(step, limits, r)).findFirst();
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
  public static Known of(String given, int threads) {
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
    return new Known(new Limits(flops, bytes, LAUNCH), "as given", Optional.empty());
  }

  /**
   * Those that this machine was measured to have, by an earlier command or by this one; see {@link
   * LimitsCache}. Assumed if it never was.
   */
  public static Known known(int threads) {
    return kept(threads).orElseGet(() -> assumed(threads));
  }

  /** Those that this machine was measured to have; empty if it never was. */
  public static Optional<Known> kept(int threads) {
    return LimitsCache.read(threads).map(MachineLimits::kept);
  }

  /** The same, measured now if it never was: a second of all threads. */
  public static Known knownOrMeasured(int threads) {
    return kept(threads).orElseGet(() -> measure(threads));
  }

  private static Known kept(LimitsCache kept) {
    Probe.Rates rates = new Probe.Rates(kept.operations(), kept.bytes(), kept.updated());
    String how =
        Text.format(
            "measured here with %d %s on %s",
            kept.threads(), kept.threads() == 1 ? "thread" : "threads", kept.day());
    return found(rates, how);
  }

  /**
   * A generous guess: two multiply-adds of a whole vector a cycle at 5 GHz, and memory that two
   * threads exhaust. {@link Efficiency#OF_ASSUMED} is the share of it that is usual.
   */
  public static Known assumed(int threads) {
    double flops = 2 * 2.0 * HostVectors.lanes() * 5e9 * threads;
    Limits limits = new Limits(flops, Math.min(66e9 * threads, 135e9), 0);
    String how =
        Text.format(
            "assumed for %d threads (`lgc devices` measures them, and they are kept)", threads);
    return new Known(limits, how, Optional.of(Efficiency.OF_ASSUMED));
  }

  /** Measures {@code threads} threads together, and keeps what they reach for later commands. */
  public static Known measure(int threads) {
    try (Probe probe = new Probe(threads)) {
      Probe.Rates rates = probe.rates(SECONDS);
      LimitsCache.keep(rates, threads);
      return measured(rates, threads);
    }
  }

  /** Those that {@code threads} threads were measured to reach. */
  public static Known measured(Probe.Rates rates, int threads) {
    return found(rates, Text.format("measured with %d threads", threads));
  }

  private static Known found(Probe.Rates rates, String how) {
    double flops = rates.operations();
    Limits limits = new Limits(flops, bf16() * flops, rates.bytes(), rates.updated(), 0);
    return new Known(limits, how, Optional.of(Efficiency.JVM));
  }

  /**
   * Multiplications of BF16 in the time of one of F32: those of AVX512_BF16 take two neighbours
   * each. (AMX is faster still, and may be seen above this limit.)
   */
  private static int bf16() {
    return DnnlLibrary.isPresentForBf16() ? 2 : 1;
  }
}
