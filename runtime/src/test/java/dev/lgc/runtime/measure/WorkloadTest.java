package dev.lgc.runtime.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The steps of a plan that make one step of training, and how often each of them runs. */
@Tag("pure")
final class WorkloadTest {
  private static final CheckedModel MODEL =
      Models.check(
          new ModelChoice(
              TestResources.path("models/tiny.arch").toString(), "TinyGenerator", Map.of()),
          2);

  private static Map<String, Long> runs(int parts, int shards, StepId... more) {
    List<StepId> steps = new ArrayList<>(List.of(more));
    steps.add(StepId.gradients("o"));
    steps.add(StepId.update("o"));
    steps.add(StepId.loss("o"));
    return Workload.of(MODEL, steps, parts, shards).orElseThrow().runs();
  }

  @Test
  void aBatchInOnePartIsItsGradientsAndTheUpdate() {
    assertEquals(Map.of("o.gradients", 1L, "o.update", 1L), runs(1, 1));
  }

  @Test
  void microBatchesAreAddedToTheFirst() {
    assertEquals(
        Map.of("o.gradients", 1L, "o.accumulate", 3L, "o.update", 1L),
        runs(4, 1, StepId.accumulate("o")));
  }

  @Test
  void theLastMicroBatchIsReduced() {
    assertEquals(
        Map.of("o.gradients", 1L, "o.accumulate", 2L, "o.reduce", 1L, "o.update", 1L),
        runs(4, 1, StepId.accumulate("o"), StepId.reduce("o")));
    assertEquals(
        Map.of("o.gradients", 1L, "o.reduce", 1L, "o.update", 1L),
        runs(2, 1, StepId.accumulate("o"), StepId.reduce("o")));
  }

  @Test
  void shardsOfARankAreCombined() {
    Map<String, Long> runs =
        runs(
            8,
            4,
            StepId.accumulate("o"),
            StepId.combine("o", 0),
            StepId.combine("o", 1),
            StepId.combine("o", 2));
    assertEquals(
        Map.of(
            "o.gradients", 4L,
            "o.accumulate", 4L,
            "o.combine0", 2L,
            "o.combine1", 1L,
            "o.combine2", 1L,
            "o.update", 1L),
        runs);
  }
}
