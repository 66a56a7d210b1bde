package dev.lgc.runtime.exec;

import dev.lgc.runtime.io.BadInputException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Levels of debugging, which the environment variable {@code LGC_DEBUG} turns on: their names with
 * commas between. Each costs time, and changes no number.
 */
public enum Debug {
  /** Every graph is verified after every pass, and every kernel that is made of one. */
  VERIFY,
  /** A step stops at the first NaN that a kernel writes, and names the kernel's source line. */
  GUARD,
  /** The times of passes are printed to standard error whenever something is planned. */
  TIMES;

  private static final String VARIABLE = "LGC_DEBUG";

  /**
   * Returns true if this is turned on.
   *
   * @throws BadInputException if the variable names something else
   */
  public boolean isOn() {
    return of(System.getenv(VARIABLE)).contains(this);
  }

  /**
   * Looks at the variable, so that a wrong name is said before any work.
   *
   * @throws BadInputException if the variable names something else
   */
  public static void check() {
    of(System.getenv(VARIABLE));
  }

  /**
   * The levels that a value of the variable names.
   *
   * @param value null or blank for none
   * @throws BadInputException if there is no level of a name
   */
  static Set<Debug> of(String value) {
    Set<Debug> found = EnumSet.noneOf(Debug.class);
    if (value == null || value.isBlank()) {
      return found;
    }
    for (String name : value.split(",")) {
      found.add(
          named(name.strip())
              .orElseThrow(
                  () -> new BadInputException(VARIABLE + "=" + value, "some of " + names(), "")));
    }
    return found;
  }

  private static Optional<Debug> named(String name) {
    return Arrays.stream(values()).filter(d -> d.word().equals(name)).findFirst();
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static String names() {
    return Arrays.stream(values()).map(Debug::word).collect(Collectors.joining(", "));
  }
}
