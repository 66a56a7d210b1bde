package dev.lgc.compiler.op;

/** Refuses what no correct pass builds. */
final class Checks {
  private Checks() {}

  static void require(boolean condition, String message, Object... arguments) {
    if (!condition) {
      throw new IllegalArgumentException(message.formatted(arguments));
    }
  }
}
