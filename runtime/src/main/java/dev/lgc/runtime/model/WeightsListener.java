package dev.lgc.runtime.model;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A receiver of what the user should know of weights that are loaded. */
public interface WeightsListener {
  /** Passes each note and each warning on once, however often the weights are loaded. */
  static WeightsListener once(WeightsListener told) {
    Set<String> said = ConcurrentHashMap.newKeySet();
    return new WeightsListener() {
      @Override
      public void note(String text) {
        if (said.add(text)) {
          told.note(text);
        }
      }

      @Override
      public void warn(String text) {
        if (said.add(text)) {
          told.warn(text);
        }
      }

      @Override
      public String option() {
        return told.option();
      }

      @Override
      public String advice(String usual) {
        return told.advice(usual);
      }
    };
  }

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
