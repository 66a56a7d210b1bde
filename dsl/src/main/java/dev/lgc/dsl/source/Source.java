package dev.lgc.dsl.source;

import java.util.Arrays;
import java.util.Objects;

/**
 * A text with a name: an {@code .arch} file, a YAML run file, the value of a command-line option.
 *
 * <p>Two sources are the same when they are the same object: a text is read once.
 */
public final class Source {
  private final String name;
  private final String text;
  private final int[] lineStarts;

  private Source(String name, String text) {
    this.name = Objects.requireNonNull(name);
    this.text = Objects.requireNonNull(text);
    this.lineStarts = lineStarts(text);
  }

  /** A source of that display name. */
  public static Source of(String name, String text) {
    return new Source(name, text);
  }

  private static int[] lineStarts(String text) {
    int[] starts = new int[16];
    int n = 1;
    for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
      if (n == starts.length) {
        starts = Arrays.copyOf(starts, 2 * n);
      }
      starts[n++] = i + 1;
    }
    return Arrays.copyOf(starts, n);
  }

  /** The name shown to users. */
  public String name() {
    return name;
  }

  /** The whole text. */
  public String text() {
    return text;
  }

  /** Number of lines, at least one. */
  public int lines() {
    return lineStarts.length;
  }

  /** 1-based line of a character offset. */
  public int line(int offset) {
    int i = Arrays.binarySearch(lineStarts, offset);
    return i >= 0 ? i + 1 : -i - 1;
  }

  /** 1-based column of a character offset, in UTF-16 units. */
  public int column(int offset) {
    return offset - lineStarts[line(offset) - 1] + 1;
  }

  /** Offset of the first character of a 1-based line. */
  public int lineStart(int line) {
    return lineStarts[line - 1];
  }

  /** A 1-based line without its line end. */
  public String lineText(int line) {
    int end = line == lineStarts.length ? text.length() : lineStarts[line] - 1;
    String s = text.substring(lineStarts[line - 1], end);
    return s.endsWith("\r") ? s.substring(0, s.length() - 1) : s;
  }

  @Override
  public String toString() {
    return name;
  }
}
