package dev.lgc.dsl.model;

import java.util.Map;
import java.util.TreeMap;

/**
 * A checked model as text, for people and goldens: one line for each stored tensor and each value.
 */
public final class Dump {
  private Dump() {}

  /** The whole model; equal texts mean equal models, places aside. */
  public static String of(CheckedModel m) {
    StringBuilder out = new StringBuilder("model ").append(m.name()).append('\n');
    m.arguments()
        .forEach((k, v) -> out.append("  ").append(k).append(" = ").append(v).append('\n'));
    m.facts()
        .forEach((k, v) -> out.append("  fact ").append(k).append(" = ").append(v).append('\n'));
    m.dimensions()
        .forEach(
            (k, v) -> out.append("  dimension ").append(k).append(" = ").append(v).append('\n'));
    m.tokenizer()
        .ifPresent(
            t ->
                out.append("  tokenizer ")
                    .append(t.model())
                    .append(t.arguments())
                    .append(' ')
                    .append(t.facts())
                    .append('\n'));
    for (Storage s : m.storage()) {
      out.append(s.role().name().toLowerCase(java.util.Locale.ROOT))
          .append(' ')
          .append(s.path())
          .append(": ");
      out.append(s.type()).append(" = ").append(s.init()).append('\n');
    }
    for (Entry e : m.entries()) {
      entry(e, out);
    }
    return out.append("parameters ").append(m.parameterCount()).append('\n').toString();
  }

  /** One entry. */
  public static void entry(Entry e, StringBuilder out) {
    out.append(e.kind().name().toLowerCase(java.util.Locale.ROOT)).append(' ').append(e.name());
    if (e.generated() > 0) {
      out.append('[').append(e.generated()).append(']');
    }
    out.append('\n');
    for (int i = 0; i < e.values().size(); i++) {
      value(i, e.values().get(i), out);
    }
    e.updates()
        .forEach(
            (path, v) ->
                out.append("  update ").append(path).append(" = %").append(v).append('\n'));
    e.outputs()
        .forEach(
            (name, v) -> {
              out.append("  output ").append(name).append(" = %").append(v);
              out.append(e.reports().contains(name) ? " report" : "")
                  .append(e.exports().contains(name) ? " export" : "");
              out.append('\n');
            });
    if (!e.over().isEmpty()) {
      out.append("  over ").append(String.join(" ", e.over())).append('\n');
    }
  }

  private static void value(int number, Definition d, StringBuilder out) {
    out.append("  %").append(number).append(": ").append(d.type()).append(" = ");
    switch (d) {
      case Definition.Input i -> out.append("input ").append(i.name());
      case Definition.Read r -> out.append("read ").append(r.path());
      case Call c -> {
        out.append(c.operation().name().toLowerCase(java.util.Locale.ROOT));
        c.operands().forEach(o -> out.append(" %").append(o));
        Map<String, Object> sorted = new TreeMap<>(c.attributes());
        sorted.forEach((k, v) -> out.append(' ').append(k).append('=').append(v));
        if (!c.module().isEmpty()) {
          out.append("  // ").append(c.module());
        }
      }
    }
    out.append('\n');
  }
}
