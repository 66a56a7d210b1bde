package dev.lgc.dsl.text;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/** Text with numbers in it, the same under every locale of the user. */
public final class Text {
  private Text() {}

  /**
   * The format with the arguments in their places, as {@link String#format(Locale, String,
   * Object...)} of {@link Locale#ROOT} gives it: digits 0 to 9, a point before decimals, a comma
   * between thousands.
   *
   * @throws java.util.IllegalFormatException where the format does not fit the arguments
   */
  @FormatMethod
  public static String format(@FormatString String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  /** A number with its noun: {@code 1 tensor}, {@code 2 tensors}. */
  public static String count(long n, String noun) {
    return n + " " + noun + (n == 1 ? "" : "s");
  }
}
