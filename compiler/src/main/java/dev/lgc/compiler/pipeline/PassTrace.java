package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

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
      return !GraphDump.dump(before).equals(GraphDump.dump(after));
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
   * What a pass left of the graphs that it was over, {@code unchanged} where that is what it was
   * given.
   *
   * @param step only of this step's graph; empty for all
   */
  public synchronized String graphs(Pass pass, String step) {
    StringBuilder s = new StringBuilder();
    Set<String> printed = new HashSet<>();
    for (Run r : runs) {
      if (r.pass().equals(pass)
          && (step.isEmpty() || r.step().equals(step))
          && printed.add(r.step())) {
        int before = r.before().nodes().size();
        int after = r.after().nodes().size();
        s.append(Text.format("after %s, %s: ", pass.name(), r.step()));
        s.append(
            r.changed()
                ? Text.format("%d -> %d nodes%n%s%n", before, after, GraphDump.dump(r.after()))
                : Text.format("unchanged, %d nodes%n", before));
      }
    }
    return s.isEmpty() ? Text.format("%s was over no step%n", pass.name()) : s.toString();
  }

  /**
   * How long each pass took over all graphs, in ms, and what it did to the number of their nodes.
   */
  public synchronized String times() {
    Map<Pass, Run> longest = new HashMap<>();
    Map<Pass, long[]> sums = new LinkedHashMap<>();
    for (Run r : runs) {
      long[] sum = sums.computeIfAbsent(r.pass(), p -> new long[4]);
      // Of a pass over all steps together, each has the time of all.
      sum[0] = r.pass() instanceof Pass.AllSteps ? Math.max(sum[0], r.nanos()) : sum[0] + r.nanos();
      sum[1] += r.before().nodes().size();
      sum[2] += r.after().nodes().size();
      sum[3]++;
      longest.merge(r.pass(), r, (a, b) -> a.nanos() >= b.nanos() ? a : b);
    }
    StringBuilder s = new StringBuilder();
    s.append(Text.format("%-20s %9s %7s %19s  %s%n", "pass", "ms", "graphs", "nodes", "longest"));
    sums.entrySet().stream()
        .sorted(Comparator.comparingInt(e -> Passes.ALL.indexOf(e.getKey())))
        .forEach(
            e ->
                s.append(
                    Text.format(
                        "%-20s %9.2f %7d %8d -> %7d  %s%n",
                        e.getKey().name(),
                        e.getValue()[0] / 1e6,
                        e.getValue()[3],
                        e.getValue()[1],
                        e.getValue()[2],
                        longest.get(e.getKey()).step())));
    return s.toString();
  }
}
