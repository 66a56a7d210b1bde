package dev.lgc.runtime.config;

import java.math.BigDecimal;
import java.util.regex.Pattern;

/**
 * The numbers that a user may give for a setting of a run file or an option of a command: whole or
 * not, between two bounds. Numbers are written in ASCII digits; the forms that only Java reads
 * ({@code NaN}, {@code Infinity}, {@code 0x1p3}, {@code 1d}) are no numbers.
 *
 * @param whole whether they have no fraction
 * @param min the least
 * @param max the greatest
 * @param above whether {@code min} itself is too small
 * @param below whether {@code max} itself is too large
 */
public record NumberRange(boolean whole, double min, double max, boolean above, boolean below) {
  private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]+");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  /** Longest number that is read: more digits say nothing. */
  private static final int LONGEST = 400;

  public NumberRange {
    if (!(min <= max) || Double.isInfinite(min) || Double.isInfinite(max)) {
      throw new IllegalArgumentException("from " + min + " to " + max);
    }
  }

  /** Returns true if a Java type holds numbers. */
  public static boolean isNumber(Class<?> type) {
    return isWhole(type) || type == double.class || type == Double.class;
  }

  /** Returns true if a Java type holds whole numbers. */
  public static boolean isWhole(Class<?> type) {
    return type == int.class || type == Integer.class || type == long.class || type == Long.class;
  }

  /** Returns true if {@code text} is a number of the kind, in the range or not. */
  public static boolean isNumber(String text, boolean whole) {
    return text.length() <= LONGEST && (whole ? WHOLE : NUMBER).matcher(text).matches();
  }

  /** Returns true if {@code text} is a number in the range. */
  public boolean holds(String text) {
    if (!isNumber(text, whole)) {
      return false;
    }
    try {
      return whole ? holds(Long.parseLong(text)) : holds(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      return false; // too many digits
    }
  }

  private boolean holds(double v) {
    return (above ? v > min : v >= min) && (below ? v < max : v <= max);
  }

  /** As a double, a long may be another number. */
  private boolean holds(long v) {
    int low = BigDecimal.valueOf(v).compareTo(new BigDecimal(min));
    int high = BigDecimal.valueOf(v).compareTo(new BigDecimal(max));
    return (above ? low > 0 : low >= 0) && (below ? high < 0 : high <= 0);
  }

  /** The expected numbers in words: {@code a whole number from 1 to 8}. */
  public String words() {
    String kind = whole ? "a whole number" : "a number";
    if (!above && !below) {
      return kind + " from " + number(min) + " to " + number(max);
    }
    String from = (above ? " above " : " of at least ") + number(min);
    return kind + from + " and " + (below ? "below " : "of at most ") + number(max);
  }

  private static String number(double d) {
    return d == Math.rint(d) && Math.abs(d) < 0x1p64
        ? new BigDecimal(d).toPlainString()
        : String.valueOf(d);
  }
}
