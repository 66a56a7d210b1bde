package dev.lgc.runtime.model;

/** Is told what the user should know of weights that are loaded. */
public interface WeightsListener {
  /** How the names in a file were understood, say. */
  default void note(String text) {}

  /** What may not be as the user wants it. */
  default void warn(String text) {}

  /**
   * What takes the trained parameters in the place of their averages, for an advice: an option of
   * the command.
   */
  default String raw() {
    return "--weights-of raw";
  }
}
