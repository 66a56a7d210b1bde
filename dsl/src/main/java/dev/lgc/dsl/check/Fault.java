package dev.lgc.dsl.check;

import dev.lgc.dsl.diagnostic.Diagnostic;
import java.util.Optional;

/**
 * Abandons the statement being elaborated: its value is poison. Never leaves this package. A fault
 * without a diagnostic follows from poison, whose cause has been reported; a fatal one ends the
 * elaboration.
 */
final class Fault extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Optional<Diagnostic> diagnostic;
  private final boolean fatal;

  Fault(Diagnostic diagnostic) {
    this(Optional.of(diagnostic), false);
  }

  private Fault(Optional<Diagnostic> diagnostic, boolean fatal) {
    super(diagnostic.map(Diagnostic::message).orElse("poison"), null, false, false);
    this.diagnostic = diagnostic;
    this.fatal = fatal;
  }

  static Fault silent() {
    return new Fault(Optional.empty(), false);
  }

  static Fault fatal(Diagnostic d) {
    return new Fault(Optional.of(d), true);
  }

  Optional<Diagnostic> diagnostic() {
    return diagnostic;
  }

  boolean isFatal() {
    return fatal;
  }
}
