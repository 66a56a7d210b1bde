package dev.lgc.dsl.check;

import java.util.ArrayList;
import java.util.List;

/**
 * Functions that stand in one file, and together in the reference.
 *
 * @param title the heading
 * @param note a sentence about all of them
 */
public record FunctionFamily(String title, String note, List<LanguageFunction> functions) {
  /**
   * A family of functions that share a rule.
   *
   * @param rule tells them apart by their name. One rule for each would be a class for each, made
   *     at every start.
   */
  static FunctionFamily of(
      String title, String note, LanguageFunction.Rule rule, LanguageFunction... functions) {
    List<LanguageFunction> all = new ArrayList<>();
    for (LanguageFunction f : functions) {
      all.add(f.with(rule));
    }
    return new FunctionFamily(title, note, List.copyOf(all));
  }
}
