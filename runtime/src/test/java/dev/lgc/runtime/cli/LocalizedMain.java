package dev.lgc.runtime.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Several commands in a program whose default locale stays the user's. */
final class LocalizedMain {
  private LocalizedMain() {}

  /**
   * Runs them one after the other, until one fails.
   *
   * @param args the locale that this must be, and a file with a command a line
   */
  public static void main(String[] args) throws Exception {
    String locale = Locale.getDefault().toLanguageTag();
    if (!locale.equals(args[0])) {
      throw new AssertionError(locale + " is the default, not " + args[0]);
    }
    for (String line : Files.readAllLines(Path.of(args[1]))) {
      String[] command = line.split(" ");
      int code = Main.commandLine(command).execute(command);
      if (code != 0) {
        System.exit(code);
      }
    }
  }
}
