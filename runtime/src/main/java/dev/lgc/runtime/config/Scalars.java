package dev.lgc.runtime.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The single values that settings have, and how they are written. */
final class Scalars {
  private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9][0-9_]*");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?([0-9][0-9_]*\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  private Scalars() {}

  /** The value of type {@code type} that {@code s} is, or null if it is none. */
  static Object parse(Node.Scalar s, Class<?> type) {
    String text = s.text();
    if (type == String.class) {
      return text;
    }
    if (type == Path.class) {
      return path(text);
    }
    if (type == ByteSize.class) {
      return ByteSize.parse(text).orElse(null);
    }
    if (type.isEnum()) {
      int i = words(type).indexOf(text);
      return i < 0 ? null : type.getEnumConstants()[i];
    }
    if (s.quoted()) {
      return null;
    }
    if (type == boolean.class || type == Boolean.class) {
      return text.equals("true") ? Boolean.TRUE : text.equals("false") ? Boolean.FALSE : null;
    }
    try {
      if (type == int.class || type == Integer.class) {
        return WHOLE.matcher(text).matches() ? Integer.valueOf(text.replace("_", "")) : null;
      }
      if (type == long.class || type == Long.class) {
        return WHOLE.matcher(text).matches() ? Long.valueOf(text.replace("_", "")) : null;
      }
      if (type == double.class || type == Double.class) {
        return NUMBER.matcher(text).matches() ? Double.valueOf(text.replace("_", "")) : null;
      }
    } catch (NumberFormatException e) {
      return null; // too many digits
    }
    throw new IllegalStateException("a setting of " + type);
  }

  private static Path path(String text) {
    if (text.isBlank()) {
      return null;
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /** How the constants of an enum are written. */
  static List<String> words(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(c -> ((Enum<?>) c).name().toLowerCase(Locale.ROOT))
        .toList();
  }

  /** What is expected, in words. */
  static String name(Class<?> type) {
    if (type.isEnum()) {
      List<String> words = words(type);
      return words.size() == 1 ? words.getFirst() : "one of " + String.join(", ", words);
    }
    if (type == String.class) {
      return "text";
    }
    if (type == Path.class) {
      return "a path";
    }
    if (type == ByteSize.class) {
      return ByteSize.EXPECTED;
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == double.class || type == Double.class) {
      return "a number";
    }
    return type.isRecord() ? "a section" : "a whole number";
  }

  /** The allowed range, in words, starting with a blank; empty if there is none. */
  static String range(Setting s) {
    boolean low = s.min() > Double.NEGATIVE_INFINITY;
    boolean high = s.max() < Double.POSITIVE_INFINITY;
    String from = (s.above() ? " above " : " of at least ") + number(s.min());
    String to = (s.below() ? " below " : " of at most ") + number(s.max());
    if (low && high && !s.above() && !s.below()) {
      return " from " + number(s.min()) + " to " + number(s.max());
    }
    return (low ? from : "") + (low && high ? " and" : "") + (high ? to : "");
  }

  private static String number(double d) {
    return d == Math.rint(d) && Math.abs(d) < 1e15 ? String.valueOf((long) d) : String.valueOf(d);
  }
}
