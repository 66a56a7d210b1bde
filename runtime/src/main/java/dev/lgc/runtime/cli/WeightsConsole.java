package dev.lgc.runtime.cli;

import dev.lgc.runtime.model.WeightsListener;
import java.io.PrintWriter;
import java.util.function.Consumer;

/**
 * Says on the standard error stream what the user should know of weights that are loaded.
 *
 * @param say prints a line
 * @param raw the option that takes the trained weights
 */
record WeightsConsole(Consumer<String> say, String raw) implements WeightsListener {
  /** Of a command whose {@code --weights-of} is for these weights. */
  static WeightsConsole of(PrintWriter err) {
    return new WeightsConsole(
        text -> {
          err.println(text);
          err.flush();
        },
        WeightsOfOption.RAW);
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
