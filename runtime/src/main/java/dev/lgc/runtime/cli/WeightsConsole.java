package dev.lgc.runtime.cli;

import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.model.WeightsListener;
import java.io.PrintWriter;
import java.util.function.Consumer;

/**
 * Says on the standard error stream what the user should know of weights that are loaded.
 *
 * @param say prints a line
 * @param option that selects which weights are loaded
 */
record WeightsConsole(Consumer<String> say, String option) implements WeightsListener {
  /** Of a command whose {@code --weights-of} is for these weights. */
  static WeightsConsole of(PrintWriter err) {
    return new WeightsConsole(
        text -> {
          err.println(text);
          err.flush();
        },
        WeightsChoice.OPTION);
  }

  @Override
  public void note(String text) {
    say.accept("note: " + text);
  }

  @Override
  public void warn(String text) {
    say.accept("warning: " + text);
  }
}
