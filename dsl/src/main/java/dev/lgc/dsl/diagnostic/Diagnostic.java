package dev.lgc.dsl.diagnostic;

import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One mistake of a user, as data. {@link Renderer} and {@link Json} show it.
 *
 * @param code which kind of mistake
 * @param span where it is
 * @param message one sentence without a full stop
 * @param found what stands there, empty where the message says it
 * @param expected what should stand there and why, empty where the message says it
 * @param notes other places that explain it
 * @param hint one thing to try, empty if none
 * @param near known names that look like the one found
 */
public record Diagnostic(
    Code code,
    Span span,
    String message,
    String found,
    String expected,
    List<Note> notes,
    String hint,
    List<String> near) {

  /** Another place, and what it has to do with the mistake. */
  public record Note(Span span, String text) {}

  public Diagnostic {
    Objects.requireNonNull(code);
    Objects.requireNonNull(span);
    Objects.requireNonNull(message);
    notes = List.copyOf(notes);
    near = List.copyOf(near);
  }

  /** A mistake with nothing but a message; add the rest with the {@code with} methods. */
  public static Diagnostic of(Code code, Span span, String message) {
    return new Diagnostic(code, span, message, "", "", List.of(), "", List.of());
  }

  /** Says what stands there. */
  public Diagnostic withFound(String text) {
    return new Diagnostic(code, span, message, text, expected, notes, hint, near);
  }

  /** Says what should stand there, and why. */
  public Diagnostic withExpected(String text) {
    return new Diagnostic(code, span, message, found, text, notes, hint, near);
  }

  /** Adds a place that explains it. */
  public Diagnostic withNote(Span place, String text) {
    List<Note> more = new ArrayList<>(notes);
    more.add(new Note(place, text));
    return new Diagnostic(code, span, message, found, expected, more, hint, near);
  }

  /** Says what to try. */
  public Diagnostic withHint(String text) {
    return new Diagnostic(code, span, message, found, expected, notes, text, near);
  }

  /** Offers known names. */
  public Diagnostic withNear(List<String> names) {
    return new Diagnostic(code, span, message, found, expected, notes, hint, names);
  }
}
