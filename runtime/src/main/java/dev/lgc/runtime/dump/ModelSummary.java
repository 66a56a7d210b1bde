package dev.lgc.runtime.dump;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Fingerprint;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.report.Table;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The overview of a model that {@code lgc show} prints: its arguments, entries and steps. */
public final class ModelSummary {
  private ModelSummary() {}

  /**
   * The overview as text.
   *
   * @param checked the model that {@code argument} names
   */
  public static String of(
      ModelArgument argument, CheckedModel checked, List<List<Request>> purposes) {
    StringBuilder s = new StringBuilder();
    ModelChoice choice = argument.choice();
    ModelChoice named = new ModelChoice(choice.arch(), checked.name(), choice.parameters());
    s.append(Text.format("%s, batch %d%n", named, argument.batch()));
    s.append("fingerprint ").append(Fingerprint.of(checked)).append('\n');
    s.append("parameters ").append(Table.count(checked.parameterCount())).append("\n\n");
    Table t = new Table();
    checked.arguments().forEach((k, v) -> t.row("  " + k, v));
    s.append("arguments\n").append(t.text(0)).append("\nentries\n");
    for (Entry e : checked.entries()) {
      String inputs =
          e.inputs().stream()
              .map(i -> i.name() + ": " + i.type())
              .collect(Collectors.joining(", "));
      s.append(
          Text.format("  %s %s(%s)%n", e.kind().name().toLowerCase(Locale.ROOT), e.name(), inputs));
    }
    s.append("\nsteps\n");
    StepGraphs.of(checked, purposes)
        .byName()
        .forEach((name, g) -> s.append(Text.format("  %s: %d values%n", name, g.nodes().size())));
    return s.toString();
  }
}
