package dev.lgc.dsl.format;

import java.util.List;

/** A line being laid out. */
final class Line {
  final int indent;
  private final StringBuilder text = new StringBuilder();

  /** Column of the {@code =} to align, or -1. */
  int align = -1;

  /** The comment at its end. */
  String comment = "";

  /** True if a statement begins on it. */
  boolean starting;

  /** True if it continues the statement of the line before. */
  boolean continued;

  /** True if it begins with the brace that ends a body. */
  boolean leaving;

  Line(int indent) {
    this.indent = indent;
  }

  void add(String s, boolean space) {
    if (space && !text.isEmpty()) {
      text.append(' ');
    }
    text.append(s);
  }

  boolean isEmpty() {
    return text.isEmpty() && comment.isEmpty();
  }

  boolean isBlank() {
    return isEmpty();
  }

  int width() {
    return indent + text.length() - (text.lastIndexOf("\n") + 1);
  }

  /** The text of all lines, neighbours aligned. */
  static String join(List<Line> lines) {
    for (int i = 0; i < lines.size(); i++) {
      int end = i;
      while (end < lines.size()
          && lines.get(end).alignable(lines, end)
          && lines.get(end).indent == lines.get(i).indent) {
        end++;
      }
      if (end > i + 1) {
        int column = lines.subList(i, end).stream().mapToInt(l -> l.align).max().orElse(0);
        lines.subList(i, end).forEach(l -> l.shift(column));
        i = end - 1;
      }
    }
    for (int i = 0; i < lines.size(); i++) {
      int end = i;
      while (end < lines.size()
          && !lines.get(end).comment.isEmpty()
          && !lines.get(end).text.isEmpty()) {
        end++;
      }
      if (end > i) {
        int column = lines.subList(i, end).stream().mapToInt(Line::width).max().orElse(0) + 2;
        for (Line l : lines.subList(i, end)) {
          l.text.append(" ".repeat(column - l.width())).append(l.comment);
        }
        i = end - 1;
      }
    }
    StringBuilder out = new StringBuilder();
    for (Line l : lines) {
      String s = l.text.isEmpty() ? l.comment : l.text.toString();
      out.append(s.isEmpty() ? "" : " ".repeat(l.indent)).append(s).append('\n');
    }
    while (out.length() > 1 && out.charAt(out.length() - 2) == '\n') {
      out.setLength(out.length() - 1);
    }
    return out.toString();
  }

  /** Returns true if it is one whole assignment, to be aligned with its neighbours. */
  private boolean alignable(List<Line> lines, int at) {
    boolean whole =
        at + 1 >= lines.size() || !lines.get(at + 1).continued && !lines.get(at + 1).leaving;
    boolean last =
        at + 1 < lines.size() && lines.get(at + 1).leaving && lines.get(at + 1).indent < indent;
    return starting && align >= 0 && (whole || last);
  }

  private void shift(int column) {
    text.insert(align - indent, " ".repeat(column - align));
  }
}
