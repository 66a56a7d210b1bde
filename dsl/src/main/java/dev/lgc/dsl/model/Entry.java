package dev.lgc.dsl.model;

import java.util.List;
import java.util.Map;

/**
 * One computation of a model with every size known, as a list of definitions in order.
 *
 * @param name e.g. {@code next_token}, {@code encode}, {@code codes}
 * @param kind what the compiler derives from it
 * @param values the definitions; a value's number is its index
 * @param outputs results by name, in source order. OBJECTIVE: {@code loss} (the minimised scalar),
 *     every {@code report} and every {@code export}. GENERATE: {@code logits} and, per condition
 *     with a null, {@link #nullOutput} of the condition's type. FUNCTION: {@code result} (or {@code
 *     result.0}, {@code result.1}, … for several)
 * @param reports names among the outputs that are scalars to log
 * @param exports names among the outputs that later objectives may take as inputs
 * @param updates new values of buffers at the end of the entry, by path
 * @param over OBJECTIVE: paths of the parameters it trains, in declaration order; otherwise empty
 * @param generated GENERATE: how many codes a sample has; otherwise 0
 * @param where its declaration
 */
public record Entry(
    String name,
    Kind kind,
    List<Definition> values,
    Map<String, Integer> outputs,
    List<String> reports,
    List<String> exports,
    Map<String, Integer> updates,
    List<String> over,
    int generated,
    SourcePlace where) {
  /** The kinds of entries, which decide the steps that the compiler derives. */
  public enum Kind {
    /**
     * A plain computation: {@code encode}, {@code decode}; and for every objective NAME its
     * evaluation {@code NAME.loss}, in which {@code training} is false and nothing is updated.
     */
    FUNCTION,
    /** A scalar to minimise: backward pass and optimizer step are derived. */
    OBJECTIVE,
    /** Next-code logits at every position: prefill, cached step and guidance pair are derived. */
    GENERATE
  }

  public Entry {
    values = List.copyOf(values);
    reports = List.copyOf(reports);
    exports = List.copyOf(exports);
    over = List.copyOf(over);
  }

  /** The name of the output that stands for a condition where there is none. */
  public static String nullOutput(String condition) {
    return "null." + condition;
  }

  /** The name of the entry that computes an objective for held-out data. */
  public static String evaluation(String objective) {
    return objective + ".loss";
  }

  /** Returns true if some condition has a null, without which a generator cannot be guided. */
  public boolean hasNulls() {
    return inputs().stream().anyMatch(i -> outputs.containsKey(nullOutput(i.name())));
  }

  /** The inputs, in order. */
  public List<Definition.Input> inputs() {
    return values.stream()
        .filter(Definition.Input.class::isInstance)
        .map(Definition.Input.class::cast)
        .toList();
  }
}
