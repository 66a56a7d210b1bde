package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.report.Table;

/**
 * The share of a model's parameters that each of several ranks stores.
 *
 * @param own parameters of a rank
 * @param whole parameters of the model
 */
public record ParameterShare(long own, long whole) {
  /** That of a rank's plan. */
  public static ParameterShare of(ExecutionPlan plan) {
    long own = 0;
    long whole = 0;
    for (StoredTensor t : plan.storage()) {
      if (t.role() == Role.PARAMETER) {
        long here = t.slot().type().shape().elements();
        own += here;
        whole += t.part().map(p -> p.whole().shape().elements()).orElse(here);
      }
    }
    return new ParameterShare(own, whole);
  }

  /** For people. */
  public String text(int ranks) {
    return Text.format(
        "each of %d ranks stores %.1f%% of the generator's %s parameters",
        ranks, 100.0 * own / whole, Table.count(whole));
  }
}
