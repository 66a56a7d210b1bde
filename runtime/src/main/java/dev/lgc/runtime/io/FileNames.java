package dev.lgc.runtime.io;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The names of files, converted to text. Java reads and writes them in the encoding of the locale
 * that it was started in; bytes that are not of that encoding would all become the same character.
 */
public final class FileNames {
  private static final char REPLACEMENT = '\uFFFD';

  private FileNames() {}

  /** The encoding of names and of command-line arguments. */
  public static Charset encoding() {
    return Charset.forName(System.getProperty("sun.jnu.encoding"), StandardCharsets.UTF_8);
  }

  /**
   * The last name of {@code path}, which no other file beside it has.
   *
   * @throws BadInputException if it has bytes that are not of the encoding
   */
  public static String of(Path path) {
    String name = path.getFileName().toString();
    if (name.indexOf(REPLACEMENT) >= 0 && !isExact(path, name)) {
      throw unreadable(path.getParent() + ": the name `" + name + "`");
    }
    return name;
  }

  private static boolean isExact(Path path, String name) {
    try {
      return path.resolveSibling(name).equals(path);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * Refuses arguments of the command line that did not arrive as they were given.
   *
   * @throws BadInputException naming the first
   */
  public static void refuseUnreadable(String... arguments) {
    for (String a : arguments) {
      if (a.indexOf(REPLACEMENT) >= 0) {
        throw unreadable("the argument `" + a + "`");
      }
    }
  }

  private static BadInputException unreadable(String what) {
    return new BadInputException(
        what + " has bytes that are not " + encoding().name(),
        "names in the encoding of the locale",
        hint().orElse("rename it"));
  }

  /** A path that the encoding cannot write. */
  public static BadInputException unwritable(InvalidPathException e) {
    return new BadInputException(
        "`" + e.getInput() + "` cannot be a path here: " + e.getReason(), "", hint().orElse(""));
  }

  /** The remedy for an encoding that lacks most characters; empty if it is UTF-8. */
  public static Optional<String> hint() {
    return encoding().equals(StandardCharsets.UTF_8)
        ? Optional.empty()
        : Optional.of(
            "names are in "
                + encoding().name()
                + " in this locale: set LC_ALL=C.UTF-8, or another that `locale -a` lists with"
                + " UTF-8");
  }
}
