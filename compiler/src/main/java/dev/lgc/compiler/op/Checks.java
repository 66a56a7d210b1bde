package dev.lgc.compiler.op;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.lgc.dsl.text.Text;

/** Refuses what no correct pass builds. */
final class Checks {
  private Checks() {}

  @FormatMethod
  static void require(boolean condition, @FormatString String message, Object... arguments) {
    if (!condition) {
      throw new IllegalArgumentException(Text.format(message, arguments));
    }
  }
}
