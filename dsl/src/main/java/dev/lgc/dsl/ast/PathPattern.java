package dev.lgc.dsl.ast;

import dev.lgc.dsl.source.Span;
import java.util.List;

/**
 * A pattern of paths of parameters or sub-blocks: {@code layers[*].attention.kv_heads}, {@code
 * encoder.**.norm}.
 */
public record PathPattern(List<Step> steps, Span span) {
  public PathPattern {
    steps = List.copyOf(steps);
  }

  /** One part of a pattern. */
  public sealed interface Step {
    /** A name. */
    record Named(String name) implements Step {}

    /** {@code [expr]}: an index or a range of indices. */
    record At(Expr index) implements Step {}

    /** {@code [*]}: any index. */
    record AnyIndex() implements Step {}

    /** {@code *}: any one name or index. */
    record Any() implements Step {}

    /** {@code **}: any number of names and indices, none included. */
    record Deep() implements Step {}
  }
}
