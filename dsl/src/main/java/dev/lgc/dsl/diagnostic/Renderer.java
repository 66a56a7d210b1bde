package dev.lgc.dsl.diagnostic;

import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.text.Text;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * Shows diagnostics to people:
 *
 * <pre>
 * error[shape-mismatch] gpt.arch:12:9: x of Linear does not fit
 *    12 |   return w1(x)
 *       |             ^
 *   found     [b, s, 512]
 *   expected  768 for `in`, given `dim` (gpt.arch:7)
 *   hint      …
 * </pre>
 */
public final class Renderer {
  private static final int WIDTH = 140;

  private final boolean colours;

  private Renderer(boolean colours) {
    this.colours = colours;
  }

  /** Without colours. */
  public static String plain(Collection<Diagnostic> all) {
    return new Renderer(false).render(all);
  }

  /** With ANSI colours if asked. */
  public static String terminal(Collection<Diagnostic> all, boolean colours) {
    return new Renderer(colours).render(all);
  }

  private String render(Collection<Diagnostic> all) {
    return all.stream().map(this::render).collect(Collectors.joining("\n"));
  }

  private String render(Diagnostic d) {
    StringBuilder out = new StringBuilder();
    boolean error = d.code().severity() == Code.Severity.ERROR;
    String colour = error ? "1;31" : "1;33";
    out.append(paint(colour, (error ? "error[" : "warning[") + d.code().id() + "]")).append(' ');
    if (!d.span().source().name().isEmpty()) {
      out.append(paint("1", d.span().toString())).append(": ");
    }
    out.append(d.message()).append('\n');
    excerpt(out, d.span(), colour);
    row(out, "found", d.found());
    row(out, "expected", d.expected());
    for (Diagnostic.Note n : d.notes()) {
      row(out, "note", n.text() + (n.span().isNowhere() ? "" : " (" + n.span() + ")"));
    }
    row(out, "hint", d.hint());
    if (!d.near().isEmpty()) {
      row(out, "near", d.near().stream().map(n -> "`" + n + "`").collect(Collectors.joining(", ")));
    }
    return out.toString();
  }

  private void row(StringBuilder out, String label, String text) {
    if (!text.isEmpty()) {
      out.append("  ").append(paint("36", Text.format("%-8s", label))).append("  ");
      out.append(text.replace("\n", "\n            ")).append('\n');
    }
  }

  private void excerpt(StringBuilder out, Span span, String colour) {
    Source source = span.source();
    if (source.text().isEmpty() || span.start() > source.text().length()) {
      return;
    }
    int line = span.line();
    String text = source.lineText(line);
    int from = Math.min(span.column() - 1, text.length());
    int to = source.line(span.end()) == line ? from + span.end() - span.start() : text.length();
    int cut =
        text.length() <= WIDTH ? 0 : Math.max(0, Math.min(from - WIDTH / 2, text.length() - WIDTH));
    if (text.length() > WIDTH) {
      text = text.substring(cut, cut + WIDTH) + (cut + WIDTH < text.length() ? "…" : "");
      from -= cut;
      to -= cut;
    }
    String number = Text.format("%5d", line);
    out.append(paint("2", number + " | ")).append(text.replace('\t', ' ')).append('\n');
    out.append(paint("2", "      | ")).append(" ".repeat(from));
    out.append(
        paint(colour, "^".repeat(Math.clamp(to - from, 1, Math.max(1, text.length() + 1 - from)))));
    out.append('\n');
  }

  private String paint(String code, String text) {
    return colours ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
