package dev.lgc.runtime.measure;

import dev.lgc.runtime.device.cpu.Probe;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The limits that a step is held against: those that were given, or the processor's, measured in
 * turns with the step, so that both saw the same minutes; or none, of another device.
 */
public final class Yardstick implements AutoCloseable {
  /** Seconds of a turn. */
  private static final double TURN = 0.06;

  private final Optional<MachineLimits.Found> given;
  private final Optional<Probe> probe;
  private final List<Probe.Rates> turns = new ArrayList<>();

  private Yardstick(Optional<MachineLimits.Found> given, Optional<Probe> probe) {
    this.given = given;
    this.probe = probe;
  }

  public static Yardstick given(Optional<MachineLimits.Found> limits) {
    return new Yardstick(limits, Optional.empty());
  }

  public static Yardstick measured(int threads) {
    return new Yardstick(Optional.empty(), Optional.of(new Probe(threads)));
  }

  /** Whether there are none. */
  public boolean isNone() {
    return given.isEmpty() && probe.isEmpty();
  }

  /** Measures for a moment, if it is to. */
  void turn() {
    probe.ifPresent(p -> turns.add(p.rates(TURN)));
  }

  /** The limits: the middle of the turns since they were asked for last. */
  public Optional<MachineLimits.Found> limits() {
    if (probe.isEmpty()) {
      return given;
    }
    Probe.Rates rates = Probe.Rates.median(turns);
    turns.clear();
    KeptLimits.keep(rates, probe.get().threads());
    return Optional.of(MachineLimits.measured(rates, probe.get().threads()));
  }

  @Override
  public void close() {
    probe.ifPresent(Probe::close);
  }
}
