package dev.lgc.dsl.format;

import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.parse.Parser;
import dev.lgc.dsl.source.Source;

/** The one layout of the language. */
public final class Formatter {
  private Formatter() {}

  /** The text laid out, or its syntax errors. Formatting a formatted text changes nothing. */
  public static Outcome<String> format(Source source) {
    return Parser.syntax(source)
        .then(s -> Outcome.ok(new Layout(s.tokens(), Roles.of(s.tree())).run()));
  }
}
