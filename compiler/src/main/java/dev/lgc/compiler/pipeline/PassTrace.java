package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Records the passes of a compilation, for printing: what each left of each graph, and how long it
 * took.
 */
public final class PassTrace implements PassObserver {
  private final List<Run> runs = new ArrayList<>();

  /** One pass over one graph. */
  private record Run(Pass pass, Graph before, Graph after, long nanos) {
    String step() {
      return before.name();
    }

    boolean changed() {
      return !before.equals(after);
    }
  }

  @Override
  public synchronized void passed(Pass pass, Graph before, Graph after, long nanos) {
    runs.add(new Run(pass, before, after, nanos));
  }

  /** The passes in order, with the steps that each is over and the reason for its place. */
  public static String passes() {
    StringBuilder s = new StringBuilder();
    for (Pass p : Passes.ALL) {
      s.append(Text.format("%s%n", p.name()));
      s.append(
          Text.format("  over    %s%n", p.kinds().size() == kinds() ? "every step" : kinds(p)));
      s.append(Text.format("  because %s%n", p.reason()));
    }
    return s.toString();
  }

  private static int kinds() {
    return StepId.Kind.values().length;
  }

  private static String kinds(Pass p) {
    return String.join(
        ", ", p.kinds().stream().map(k -> k.name().toLowerCase(Locale.ROOT)).toList());
  }

  /**
   * The graphs that a pass left, in the order of their steps' names; {@code unchanged} where one is
   * what the pass was given. Of two plans with a step of one name, both graphs if they differ.
   *
   * @param step only of this step; empty for all
   */
  public synchronized String graphs(Pass pass, String step) {
    List<String> found =
        runs.stream()
            .filter(r -> r.pass().equals(pass) && (step.isEmpty() || r.step().equals(step)))
            .map(PassTrace::text)
            .sorted()
            .distinct()
            .toList();
    return found.isEmpty()
        ? Text.format("%s does not run for any step%n", pass.name())
        : String.join("", found);
  }

  private static String text(Run r) {
    int before = r.before().nodes().size();
    int after = r.after().nodes().size();
    String head = Text.format("after %s, %s: ", r.pass().name(), r.step());
    return head
        + (r.changed()
            ? Text.format("%d -> %d nodes%n%s%n", before, after, GraphDump.dump(r.after()))
            : Text.format("unchanged, %d nodes%n", before));
  }

  /** A table of the time that each pass took over all graphs, in ms, with their nodes. */
  public synchronized String times() {
    StringBuilder s = new StringBuilder();
    s.append(Text.format("%-20s %9s %7s %19s  %s%n", "pass", "ms", "graphs", "nodes", "longest"));
    for (Pass p : Passes.ALL) {
      List<Run> of = runs.stream().filter(r -> r.pass().equals(p)).toList();
      if (!of.isEmpty()) {
        s.append(
            Text.format(
                "%-20s %9.2f %7d %8d -> %7d  %s%n",
                p.name(),
                of.stream().mapToLong(Run::nanos).sum() / 1e6,
                of.size(),
                of.stream().mapToInt(r -> r.before().nodes().size()).sum(),
                of.stream().mapToInt(r -> r.after().nodes().size()).sum(),
                p instanceof Pass.AllSteps
                    ? "all steps of a plan"
                    : of.stream().max(Comparator.comparingLong(Run::nanos)).get().step()));
      }
    }
    return s.toString();
  }
}
