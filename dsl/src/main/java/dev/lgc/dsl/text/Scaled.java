package dev.lgc.dsl.text;

/** Large numbers as a person says them: three digits, a prefix and a unit. */
public final class Scaled {
  private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P"};

  private Scaled() {}

  /** Bytes: {@code 1.09 GB}. */
  public static String bytes(double n) {
    return text(n, "B");
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
