package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Compares tensors with those of the reference by relative error {@code |a - b| / |b|} and reports
 * all that differ, and the worst, at once.
 */
final class Parity {
  /** Most relative error of a forward result. */
  static final double FORWARD = 1e-5;

  /** Most relative error of a gradient and of what gradients lead to. */
  static final double GRADIENT = 1e-4;

  private record Line(String tensor, double error, double limit) {
    @Override
    public String toString() {
      return Text.format("%-60s %.2e (at most %.0e)", tensor, error, limit);
    }
  }

  private final String of;
  private final List<Line> lines = new ArrayList<>();

  /**
   * @param of names the comparison when it is printed
   */
  Parity(String of) {
    this.of = of;
  }

  /** Compares a forward result. */
  Parity forward(String tensor, double[] expected, double[] actual) {
    return add(tensor, expected, actual, FORWARD);
  }

  /** Compares a gradient. */
  Parity gradient(String tensor, double[] expected, double[] actual) {
    return add(tensor, expected, actual, GRADIENT);
  }

  private Parity add(String tensor, double[] expected, double[] actual, double limit) {
    lines.add(new Line(tensor, relativeError(expected, actual), limit));
    return this;
  }

  /** Fails with every tensor that is beyond its limit; prints the worst otherwise. */
  void check() {
    assertTrue(!lines.isEmpty(), of + ": nothing was compared");
    List<Line> bad = lines.stream().filter(l -> !(l.error <= l.limit)).toList();
    Line worst =
        lines.stream().max(Comparator.comparingDouble(l -> l.error / l.limit)).orElseThrow();
    System.out.printf(Locale.ROOT, "%-50s %4d tensors, worst %s%n", of, lines.size(), worst);
    assertTrue(
        bad.isEmpty(),
        () ->
            Text.format(
                "%s: %d of %d tensors differ from the reference%n%s",
                of,
                bad.size(),
                lines.size(),
                String.join("\n", bad.stream().map(Line::toString).toList())));
  }

  /**
   * {@code |a - b| / |b|}; equal infinities do not differ. NaN where lengths or infinities differ.
   */
  static double relativeError(double[] expected, double[] actual) {
    if (expected.length != actual.length) {
      return Double.NaN;
    }
    double away = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      if (expected[i] != actual[i]) {
        double d = expected[i] - actual[i];
        away += d * d;
      }
      if (!Double.isInfinite(expected[i])) {
        size += expected[i] * expected[i];
      }
    }
    return away == 0 ? 0 : Math.sqrt(away / size);
  }
}
