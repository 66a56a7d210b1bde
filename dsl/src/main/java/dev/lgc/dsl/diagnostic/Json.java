package dev.lgc.dsl.diagnostic;

import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.text.Text;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Shows diagnostics to editors: a JSON array with one object each. */
public final class Json {
  private Json() {}

  /** The array, one object a line. */
  public static String of(Collection<Diagnostic> all) {
    return all.stream().map(Json::of).collect(Collectors.joining(",\n ", "[", "]\n"));
  }

  private static String of(Diagnostic d) {
    return "{\"code\": "
        + quote(d.code().id())
        + ", \"severity\": "
        + quote(d.code().severity().name().toLowerCase(Locale.ROOT))
        + ", "
        + place(d.span())
        + ", \"message\": "
        + quote(d.message())
        + ", \"found\": "
        + quote(d.found())
        + ", \"expected\": "
        + quote(d.expected())
        + ", \"notes\": "
        + d.notes().stream()
            .map(n -> "{" + place(n.span()) + ", \"text\": " + quote(n.text()) + "}")
            .collect(Collectors.joining(", ", "[", "]"))
        + ", \"hint\": "
        + quote(d.hint())
        + ", \"near\": "
        + strings(d.near())
        + "}";
  }

  private static String place(Span s) {
    int last = s.source().line(s.end());
    return "\"file\": "
        + quote(s.source().name())
        + ", \"line\": "
        + s.line()
        + ", \"column\": "
        + s.column()
        + ", \"endLine\": "
        + last
        + ", \"endColumn\": "
        + s.source().column(s.end());
  }

  private static String strings(List<String> all) {
    return all.stream().map(Json::quote).collect(Collectors.joining(", ", "[", "]"));
  }

  private static String quote(String s) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : s.toCharArray()) {
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> out.append(c < ' ' ? Text.format("\\u%04x", (int) c) : String.valueOf(c));
      }
    }
    return out.append('"').toString();
  }
}
