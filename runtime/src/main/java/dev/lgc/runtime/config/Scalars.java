package dev.lgc.runtime.config;

import dev.lgc.runtime.io.FileNames;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The single values that settings have, and how they are written. */
final class Scalars {
  /** An underscore between digits groups them, as in YAML: {@code 400_000}. */
  private static final Pattern GROUPING = Pattern.compile("(?<=[0-9])_(?=[0-9])");

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
    if (NumberRange.isNumber(type)) {
      return number(ungrouped(text), type);
    }
    throw new IllegalStateException("a setting of " + type);
  }

  /** A number without the underscores that group its digits. */
  static String ungrouped(String text) {
    return GROUPING.matcher(text).replaceAll("");
  }

  private static Number number(String text, Class<?> type) {
    if (!NumberRange.isNumber(text, NumberRange.isWhole(type))) {
      return null;
    }
    try {
      if (type == int.class || type == Integer.class) {
        return Integer.valueOf(text);
      }
      if (NumberRange.isWhole(type)) {
        return Long.valueOf(text);
      }
      return Double.valueOf(text);
    } catch (NumberFormatException e) {
      return null; // too many digits
    }
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

  /** The constants of an enum as they are written in YAML. */
  static List<String> words(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(c -> ((Enum<?>) c).name().toLowerCase(Locale.ROOT))
        .toList();
  }

  /** The expected values, in words. */
  static String name(Class<?> type) {
    if (type.isEnum()) {
      List<String> words = words(type);
      return words.size() == 1 ? words.getFirst() : "one of " + String.join(", ", words);
    }
    if (type == String.class) {
      return "text";
    }
    if (type == Path.class) {
      return "a path" + FileNames.hint().map(h -> " (" + h + ")").orElse("");
    }
    if (type == ByteSize.class) {
      return ByteSize.EXPECTED;
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    return "a section";
  }
}
