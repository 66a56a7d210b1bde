package dev.lgc.runtime.io;

import java.nio.file.Path;

/**
 * The user's input cannot be used: a file is missing, damaged, or not what the command needs.
 *
 * <p>The message is one line, {@code WHAT; expected EXPECTED (HINT)}, fit to be printed as it is;
 * the command line prints it and exits with status 1. Control characters, which a damaged or
 * hostile file could smuggle into names, are replaced.
 */
public sealed class BadInputException extends RuntimeException
    permits DamagedFileException, TransientFailureException, UnreadableFileException {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_PART = 400;

  private final String what;
  private final String expected;
  private final String hint;

  /**
   * @param what what was found and where, for example {@code a.idx: magic number 0x803}
   * @param expected what should have been there; may be empty
   * @param hint one thing the user can do; may be empty
   */
  public BadInputException(String what, String expected, String hint) {
    this(what, expected, hint, null);
  }

  /** The same with the exception that revealed the problem, kept for debugging only. */
  public BadInputException(String what, String expected, String hint, Throwable cause) {
    super(line(what, expected, hint), cause);
    this.what = clean(what);
    this.expected = clean(expected);
    this.hint = clean(hint);
  }

  /** An error in {@code file}: the place is put before {@code problem}. */
  public static BadInputException in(Path file, String problem, String expected, String hint) {
    return new BadInputException(file + ": " + problem, expected, hint);
  }

  /** The thing that was found, and its place. */
  public String what() {
    return what;
  }

  /** The thing that should have been there, or the empty string. */
  public String expected() {
    return expected;
  }

  /** One thing to do about it, or the empty string. */
  public String hint() {
    return hint;
  }

  private static String line(String what, String expected, String hint) {
    StringBuilder s = new StringBuilder(clean(what));
    if (expected != null && !expected.isBlank()) {
      s.append("; expected ").append(clean(expected));
    }
    if (hint != null && !hint.isBlank()) {
      s.append(" (").append(clean(hint)).append(')');
    }
    return s.toString();
  }

  private static String clean(String text) {
    if (text == null) {
      return "";
    }
    String kept = text.length() <= LONGEST_PART ? text : text.substring(0, LONGEST_PART) + "...";
    return kept.codePoints()
        .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
