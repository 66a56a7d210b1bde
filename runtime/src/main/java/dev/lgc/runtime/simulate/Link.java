package dev.lgc.runtime.simulate;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.NumberRange;
import dev.lgc.runtime.io.BadInputException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The speed of a connection.
 *
 * @param bytesPerSecond in each direction, both at a time
 * @param latency seconds from one end to the other
 * @param how the numbers were found
 */
public record Link(double bytesPerSecond, double latency, String how) {
  /**
   * Ranks of one machine, over its memory. All-reduces of 64 MiB between two took 62 ms, in which
   * as many bytes go out of each; those of 1 KiB took 0.9 µs.
   */
  static final Link MEMORY =
      new Link(1.1e9, 1e-6, "as two ranks on a two-core machine were measured to exchange");

  /** A network whose speed nobody has told. */
  static final Link NETWORK = new Link(12.5e9, 20e-6, "assumed: a network of 100 Gbit/s");

  private static final NumberRange RATE = new NumberRange(false, 1e-6, 1e6, false, false);
  private static final NumberRange MICROSECONDS = new NumberRange(false, 0, 1e6, false, false);

  public Link {
    if (!(bytesPerSecond > 0) || !(latency >= 0)) {
      throw new IllegalArgumentException(bytesPerSecond + " bytes a second, " + latency + " s");
    }
  }

  /**
   * A link that a user gives.
   *
   * @param option that it is given with
   * @param given {@code GB/s,µs}
   */
  public static Link parse(String option, String given) {
    String[] parts = given.strip().split("\\s*,\\s*", -1);
    if (parts.length != 2 || !RATE.holds(parts[0]) || !MICROSECONDS.holds(parts[1])) {
      throw new BadInputException(
          option + " " + given,
          Text.format(
              "GB/s,us such as 12.5,20: first %s, then %s", RATE.words(), MICROSECONDS.words()),
          "");
    }
    return new Link(
        Double.parseDouble(parts[0]) * 1e9, Double.parseDouble(parts[1]) / 1e6, "as given");
  }

  /** For people. */
  String text() {
    return Text.format("%s GB/s, %s µs", number(bytesPerSecond * 1e-9), number(latency * 1e6));
  }

  private static String number(double n) {
    return Text.format(n >= 99.95 ? "%.0f" : "%.3g", n)
        .replaceFirst("(\\.\\d*?)0+$", "$1")
        .replaceFirst("\\.$", "");
  }

  /** For scripts. */
  Map<String, Object> json() {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("gigabytes_per_second", bytesPerSecond * 1e-9);
    m.put("latency_seconds", latency);
    m.put("how", how);
    return m;
  }
}
