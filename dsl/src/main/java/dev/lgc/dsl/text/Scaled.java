package dev.lgc.dsl.text;

/** Large numbers as a person says them: three digits, a prefix and a unit. */
public final class Scaled {
  private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P"};

  private Scaled() {}

  /** Bytes: {@code 1.09 GB}. */
  public static String bytes(double n) {
    return text(n, "B");
  }

  /** Bytes that are no fewer: for a limit that is to be given as it is said. */
  public static String bytesUp(long n) {
    long digit = 1;
    while (n / digit >= 1000) {
      digit *= 10;
    }
    return bytes(Math.ceilDiv(n, digit) * (double) digit);
  }

  /** A number of some unit. */
  public static String text(double n, String unit) {
    double v = n;
    int i = 0;
    while (v >= 999.5 && i < PREFIXES.length - 1) {
      v /= 1000;
      i++;
    }
    String number =
        v >= 99.95 || i == 0
            ? Text.format("%.0f", v)
            : Text.format(v >= 9.995 ? "%.1f" : "%.2f", v);
    return number + " " + PREFIXES[i] + unit;
  }
}
