package dev.lgc.runtime.measure;

import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.device.cpu.Probe;
import dev.lgc.runtime.exec.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The limits that bound a step's speed, as in a roofline model: those that were given, or the
 * processor's, measured in turns with the step, so that both saw the same minutes; or none, of
 * another device.
 */
public final class Roofline implements AutoCloseable {
  /** Seconds of a turn. */
  private static final double TURN = 0.06;

  private final Optional<MachineLimits.Known> given;
  private final Optional<Probe> probe;
  private final List<Probe.Rates> turns = new ArrayList<>();

  private Roofline(Optional<MachineLimits.Known> given, Optional<Probe> probe) {
    this.given = given;
    this.probe = probe;
  }

  /**
   * The roofline that a user asks for.
   *
   * @param given limits as {@link MachineLimits#of} reads them; null to measure a CPU, and for no
   *     limits of other devices
   * @param threads of the CPU
   */
  public static Roofline of(String given, Device device, int threads) {
    return isMeasured(given, device)
        ? measured(threads)
        : given(Optional.ofNullable(given).map(l -> MachineLimits.of(l, threads)));
  }

  private static boolean isMeasured(String given, Device device) {
    return given == null ? device instanceof CpuDevice : given.equals(MachineLimits.MEASURED);
  }

  /** Bytes that such limits take while they are open. */
  public static long bytes(String given, Device device) {
    return isMeasured(given, device) ? Probe.BLOCK : 0;
  }

  /** Limits that are known before; empty if there are none. */
  private static Roofline given(Optional<MachineLimits.Known> limits) {
    return new Roofline(limits, Optional.empty());
  }

  /**
   * The limits of the processor, with {@code threads} threads, measured in turns with the steps.
   */
  static Roofline measured(int threads) {
    return new Roofline(Optional.empty(), Optional.of(new Probe(threads)));
  }

  /** Returns true if no limits are known. */
  public boolean isNone() {
    return given.isEmpty() && probe.isEmpty();
  }

  /** Measures the limits for a moment, unless they were given. */
  void turn() {
    probe.ifPresent(p -> turns.add(p.rates(TURN)));
  }

  /** The limits: the middle of the turns since they were asked for last. */
  public Optional<MachineLimits.Known> limits() {
    if (probe.isEmpty()) {
      return given;
    }
    Probe.Rates rates = Probe.Rates.median(turns);
    turns.clear();
    LimitsCache.keep(rates, probe.get().threads());
    return Optional.of(MachineLimits.measured(rates, probe.get().threads()));
  }

  @Override
  public void close() {
    probe.ifPresent(Probe::close);
  }
}
