package dev.lgc.runtime.golden;

import java.util.List;

/** The targets that every golden test runs on. */
final class GoldenTargets {
  private GoldenTargets() {}

  static List<GoldenTarget> all() {
    return List.of(new InterpreterTarget());
  }
}
