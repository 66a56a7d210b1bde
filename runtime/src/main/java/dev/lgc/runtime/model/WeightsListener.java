package dev.lgc.runtime.model;

/** A receiver of what the user should know of weights that are loaded. */
public interface WeightsListener {
  /** Takes a note: how the names in a file were understood, say. */
  default void note(String text) {}

  /** Takes a warning: of what may not be as the user wants it. */
  default void warn(String text) {}

  /** The option that selects which weights of a checkpoint are loaded. */
  default String option() {
    return WeightsChoice.OPTION;
  }

  /**
   * The advice for averages that are immature: a main clause.
   *
   * @param usual the advice where nothing else is known of them
   */
  default String advice(String usual) {
    return usual;
  }
}
