package dev.lgc.runtime.config;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.source.Span;
import java.util.List;

/**
 * Mistakes of the user in something with places: an {@code .arch}, a run file. The command line
 * renders them and exits with status 1. Mistakes in data files are {@link
 * dev.lgc.runtime.io.BadInputException}s.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Diagnostic> diagnostics;

  /** Of mistakes, at least one. */
  public UserError(List<Diagnostic> diagnostics) {
    super(Renderer.plain(diagnostics));
    this.diagnostics = List.copyOf(diagnostics);
  }

  /** Of one mistake. */
  public UserError(Diagnostic diagnostic) {
    this(List.of(diagnostic));
  }

  /** A setting that does not fit what was found elsewhere. */
  public static UserError setting(
      Span where, String message, String found, String expected, String hint) {
    return new UserError(
        Diagnostic.of(Code.BAD_SETTING, where, message)
            .withFound(found)
            .withExpected(expected)
            .withHint(hint));
  }

  /** The value, or the mistakes thrown. */
  public static <T> T orThrow(Outcome<T> outcome) {
    if (!outcome.isOk()) {
      throw new UserError(outcome.diagnostics());
    }
    return outcome.get();
  }

  /** The mistakes. */
  public List<Diagnostic> diagnostics() {
    return diagnostics;
  }
}
