package dev.lgc.runtime.report;

import dev.lgc.dsl.text.Scaled;
import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.List;

/** Rows of text in columns: the first to the left, the others to the right. */
public final class Table {
  private final List<List<String>> rows = new ArrayList<>();

  /** Adds a row. */
  public Table row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  /** The rows, one a line, indented by {@code indent}. */
  public String text(int indent) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] width = new int[columns];
    for (List<String> r : rows) {
      for (int c = 0; c < r.size(); c++) {
        width[c] = Math.max(width[c], r.get(c).length());
      }
    }
    StringBuilder s = new StringBuilder();
    for (List<String> r : rows) {
      StringBuilder line = new StringBuilder(" ".repeat(indent));
      for (int c = 0; c < r.size(); c++) {
        String gap = " ".repeat(width[c] - r.get(c).length());
        line.append(c == 0 ? r.get(c) + gap : "  " + gap + r.get(c));
      }
      s.append(line.toString().stripTrailing()).append('\n');
    }
    return s.toString();
  }

  /** A count with its thousands apart: {@code 110,925,824}. */
  public static String count(long n) {
    return Text.format("%,d", n);
  }

  /** Bytes, as a person says them. */
  public static String bytes(double n) {
    return scaled(n, "B");
  }

  /** Operations, as a person says them. */
  public static String operations(double n) {
    return scaled(n, "FLOP");
  }

  public static String scaled(double n, String unit) {
    return Scaled.text(n, unit);
  }

  /** A time, as a person says it. */
  public static String seconds(double s) {
    if (s < 1e-3) {
      return Text.format("%.0f µs", s * 1e6);
    }
    if (s < 1) {
      return Text.format(s < 0.01 ? "%.1f ms" : "%.0f ms", s * 1e3);
    }
    if (s < 120) {
      return Text.format(s < 10 ? "%.2f s" : "%.0f s", s);
    }
    return s < 7200 ? Text.format("%.0f min", s / 60) : Text.format("%.1f h", s / 3600);
  }
}
