package dev.lgc.dsl.diagnostic;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The result of a phase: a value, or the mistakes that prevented it. There is a value exactly when
 * there are no mistakes.
 *
 * @param <T> what the phase makes
 */
public record Outcome<T>(Optional<T> value, List<Diagnostic> diagnostics) {
  public Outcome {
    diagnostics = List.copyOf(diagnostics);
    if (value.isPresent() != diagnostics.isEmpty()) {
      throw new IllegalArgumentException("either a value or diagnostics");
    }
  }

  /** A value. */
  public static <T> Outcome<T> ok(T value) {
    return new Outcome<>(Optional.of(value), List.of());
  }

  /** Mistakes, at least one. */
  public static <T> Outcome<T> failed(List<Diagnostic> diagnostics) {
    return new Outcome<>(Optional.empty(), diagnostics);
  }

  /** The value if nothing was collected. */
  public static <T> Outcome<T> of(T value, Diagnostics diagnostics) {
    return diagnostics.isEmpty() ? ok(value) : failed(diagnostics.all());
  }

  public boolean isOk() {
    return value.isPresent();
  }

  /** The value; for callers that know there is one. */
  public T get() {
    return value.orElseThrow(() -> new IllegalStateException(Renderer.plain(diagnostics)));
  }

  /** Applies the next phase if there is a value. */
  public <R> Outcome<R> then(Function<T, Outcome<R>> next) {
    return value.isPresent() ? next.apply(value.get()) : failed(diagnostics);
  }
}
