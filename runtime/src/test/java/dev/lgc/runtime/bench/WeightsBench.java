package dev.lgc.runtime.bench;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.WeightType;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeLoader;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.LoadedModel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;

/**
 * What weights in fewer bits cost a trained generator: its loss on held-out codes with weights of
 * every type. Arguments: a checkpoint or the folder of a run, a file of codes with labels.
 */
public final class WeightsBench {
  private static final int BATCH = 32;

  private WeightsBench() {}

  public static void main(String[] args) {
    for (WeightType type : WeightType.values()) {
      System.out.printf("%s: %.5f%n", type, loss(Path.of(args[0]), Path.of(args[1]), type));
    }
  }

  private static double loss(Path generator, Path codes, WeightType type) {
    try (CpuDevice device = new CpuDevice();
        CodeCache cache = CodeCache.open(codes);
        LoadedModel m = LoadedModel.open(generator, BATCH, x -> requests(x, type), device)) {
      Outline.Signature objective = objective(m.model());
      String step = objective.name() + ".loss";
      MemorySegment tokens = input(m, step, objective, InputKind.CODES);
      MemorySegment labels = input(m, step, objective, InputKind.LABEL);
      int batches = cache.info().count() / BATCH;
      CodeLoader loader = new CodeLoader(cache, BATCH, 0, 0);
      double sum = 0;
      for (int i = 0; i < batches; i++) {
        loader.next(tokens, labels);
        m.session().run(step);
        sum += m.session().output(step, "loss").get(ValueLayout.JAVA_FLOAT, 0);
      }
      return sum / batches;
    }
  }

  private static List<Request> requests(Outline model, WeightType type) {
    return List.of(new Request.Loss(objective(model).name()), new Request.Hold(type, false));
  }

  private static Outline.Signature objective(Outline model) {
    return model.entries(Entry.Kind.OBJECTIVE).getFirst();
  }

  private static MemorySegment input(
      LoadedModel m, String step, Outline.Signature e, InputKind kind) {
    return e.inputs().stream()
        .filter(i -> InputKind.of(i) == kind)
        .map(Definition.Input::name)
        .map(name -> m.session().input(step, name))
        .findFirst()
        .orElseThrow();
  }
}
