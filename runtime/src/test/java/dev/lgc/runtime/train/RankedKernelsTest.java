package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A rank that exchanges gradients as they are computed runs the kernels of a process that does not,
 * in their order: what they add up, and in which order, is the same.
 */
@Tag("pure")
final class RankedKernelsTest {
  private static final int SHARDS = 4;

  private static List<Request> requests(CheckedModel model) {
    List<String> objectives =
        model.entries(Entry.Kind.OBJECTIVE).stream().map(Entry::name).toList();
    Request.Optimizer optimizer = new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, true);
    return Request.training(objectives, optimizer, false);
  }

  private static ExecutionPlan plan(CheckedModel model, int ranks, boolean mixed) {
    List<Request> all = new ArrayList<>(requests(model));
    all.add(new Request.Sharding(SHARDS, ranks));
    if (mixed) {
      all.add(new Request.MixedPrecision());
    }
    return Compiler.compile(model, all);
  }

  private static List<Kernel> kernels(ExecutionPlan plan, String objective) {
    return plan.step(StepId.gradients(objective).name()).calls().stream()
        .filter(KernelCall.class::isInstance)
        .map(c -> plan.kernels().get(((KernelCall) c).kernel()))
        .map(k -> new Kernel("", k.buffers(), k.space(), k.stages()))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "llamagen, ClassToImage, 'size=(2, 4, 128)', false",
    "llamagen, ClassToImage, 'size=(2, 4, 128)', true",
    "llamagen, TextToImage, 'size=(2, 4, 128)', false",
    "vq, VQ16, '', false",
  })
  void gradientsAreOfTheSameKernelsOnAnyNumberOfRanks(
      String arch, String name, String parameter, boolean mixed) {
    Map<String, String> parameters =
        parameter.isEmpty() ? Map.of() : Map.of("size", parameter.substring("size=".length()));
    CheckedModel model =
        Language.load(arch).get().elaborate(name, parameters, Map.of("b", 2)).get();
    ExecutionPlan one = plan(model, 1, mixed);
    ExecutionPlan four = plan(model, SHARDS, mixed);
    for (Entry e : model.entries(Entry.Kind.OBJECTIVE)) {
      List<Kernel> expected = kernels(one, e.name());
      assertFalse(expected.isEmpty());
      assertEquals(expected, kernels(four, e.name()));
      assertFalse(
          four.step(StepId.gradients(e.name()).name()).calls().stream()
              .allMatch(KernelCall.class::isInstance));
    }
  }

  @Test
  void gradientsThatAreSentInBf16AreComputedByThemAndRoundedByOthers() {
    CheckedModel model =
        Language.load("llamagen")
            .get()
            .elaborate("ClassToImage", Map.of("size", "(2, 4, 128)"), Map.of("b", 2))
            .get();
    List<Kernel> expected = kernels(plan(model, 1, false), "next_token");
    List<Request> all = new ArrayList<>(requests(model));
    all.add(new Request.Sharding(SHARDS, SHARDS));
    all.add(new Request.RoundGradients());
    List<Kernel> found = new ArrayList<>(kernels(Compiler.compile(model, all), "next_token"));
    found.removeIf(k -> k.buffers().stream().anyMatch(b -> b.dtype() == DType.BF16));
    assertEquals(expected, found);
  }
}
