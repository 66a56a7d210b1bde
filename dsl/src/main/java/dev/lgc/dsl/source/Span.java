package dev.lgc.dsl.source;

import dev.lgc.dsl.model.SourcePlace;

/**
 * A piece of a source.
 *
 * @param source the text
 * @param start offset of the first character
 * @param end offset after the last character
 */
public record Span(Source source, int start, int end) {
  private static final Source NOWHERE = Source.of("", "");

  /** For what no user wrote. */
  public static final Span NONE = startOf(NOWHERE);

  public Span {
    if (start < 0 || end < start || end > source.text().length()) {
      throw new IllegalArgumentException(start + ".." + end + " of " + source.name());
    }
  }

  /** An empty span at the start of a source, for what concerns the source as a whole. */
  public static Span startOf(Source source) {
    return new Span(source, 0, 0);
  }

  /** Returns true if it is in no text of a user. */
  public boolean isNowhere() {
    return source == NOWHERE;
  }

  /** The characters. */
  public String text() {
    return source.text().substring(start, end);
  }

  /** The smallest span that has both. */
  public Span to(Span other) {
    return new Span(source, Math.min(start, other.start), Math.max(end, other.end));
  }

  /** 1-based line of the start. */
  public int line() {
    return source.line(start);
  }

  /** 1-based column of the start. */
  public int column() {
    return source.column(start);
  }

  /** The place where it starts, as compiled models carry it. */
  public SourcePlace place() {
    if (isNowhere()) {
      return SourcePlace.NONE;
    }
    int line = line();
    return new SourcePlace(source.name(), line, start - source.lineStart(line) + 1);
  }

  @Override
  public String toString() {
    return place().toString();
  }
}
