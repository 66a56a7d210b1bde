package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.train.TrainJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How many kernels the published models take, how many bytes they move, and in how much memory:
 * numbers that do not drift, so that a change which loses a fusion is seen. The file is reviewed as
 * a diff and rewritten by {@code -Dlgc.update-goldens=true}.
 */
@Tag("pure")
final class PlanCountsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/models/PlanCountsTest.txt");

  private static final Request.Optimizer ADAMW =
      new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, false);

  @Test
  void publishedModelsCostWhatTheyDid() throws IOException {
    String counts =
        count("llamagen", "ClassToImage", 1, false)
            + count("llamagen", "ClassToImage", 1, WeightType.BF16)
            + count("llamagen", "ClassToImage", 1, WeightType.INT8)
            + count("llamagen", "ClassToImage", 8, false)
            + count("llamagen", "ClassToImage", 8, true)
            + count("llamagen", "ClassToImage", 8, RunConfig.Precision.BF16)
            + count("vq", "VQ16", 1, false)
            + count("vq", "VQ16", 1, true);
    if (Boolean.getBoolean("lgc.update-goldens")) {
      Files.writeString(GOLDEN, counts);
    }
    assertEquals(Files.readString(GOLDEN), counts);
  }

  private static String count(String arch, String name, int batch, boolean trained) {
    CheckedModel model = Models.check(new ModelChoice(arch, name, Map.of()), batch);
    return trained
        ? count(model, batch, "trained", training(model))
        : count(model, batch, "used", using(model));
  }

  private static String count(String arch, String name, int batch, RunConfig.Precision precision) {
    CheckedModel model = Models.check(new ModelChoice(arch, name, Map.of()), batch);
    List<Request> requests = TrainJob.in(precision, training(model));
    return count(model, batch, "trained in " + precision, requests);
  }

  private static List<Request> training(CheckedModel model) {
    List<String> objectives =
        model.entries(Entry.Kind.OBJECTIVE).stream().map(Entry::name).toList();
    return Request.training(objectives, ADAMW, false);
  }

  private static String count(String arch, String name, int batch, WeightType type) {
    CheckedModel model = Models.check(new ModelChoice(arch, name, Map.of()), batch);
    List<Request> requests = new ArrayList<>(using(model));
    requests.add(new Request.StoreWeights(type, true));
    return count(model, batch, "used in " + type, requests);
  }

  private static List<Request> using(CheckedModel model) {
    return model.entries().stream()
        .filter(e -> e.kind() != Entry.Kind.OBJECTIVE && !e.name().endsWith(".loss"))
        .map(PlanCountsTest::use)
        .toList();
  }

  private static String count(
      CheckedModel model, int batch, String purpose, List<Request> requests) {
    ExecutionPlan plan = Models.plan(model, requests);
    PlanCost costs = PlanCost.of(plan);
    StringBuilder s = new StringBuilder();
    s.append(Text.format("%s %s, batch %d: ", model.name(), purpose, batch));
    s.append(Text.format("%d kernels%n", plan.kernels().size()));
    for (Arena a : Arena.values()) {
      s.append(Text.format("  %s %,d bytes%n", a, plan.arenaBytes().getOrDefault(a, 0L)));
    }
    for (Step step : plan.steps().values()) {
      Cost c = costs.step(step);
      s.append(Text.format("  %s: %d calls, ", step.name(), c.launches()));
      s.append(Text.format("%,d bytes moved, %,d operations, ", c.bytes(), c.operations()));
      s.append(Text.format("%,d bytes of work%n", step.workBytes()));
    }
    return s.toString();
  }

  private static Request use(Entry e) {
    return e.kind() == Entry.Kind.GENERATE
        ? new Request.Generate(e.name(), true, true, true)
        : new Request.Evaluate(e.name());
  }
}
