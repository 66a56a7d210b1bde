package dev.lgc.dsl.ast;

import dev.lgc.dsl.source.Span;

/** A name where it is declared. */
public record Ident(String text, Span span) {
  @Override
  public String toString() {
    return text;
  }
}
