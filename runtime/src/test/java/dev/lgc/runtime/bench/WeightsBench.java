package dev.lgc.runtime.bench;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeLoader;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.PlanSource;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.sample.CodeSampler;
import dev.lgc.runtime.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The cost of quantized weights for a trained generator: its loss on held-out codes with weights of
 * every type, computed from all codes at once (only weights are quantized then) and as codes are
 * drawn (keys and values of earlier positions are in bf16 too). Arguments: a checkpoint or the
 * folder of a run, a file of codes with labels.
 */
public final class WeightsBench {
  private static final int BATCH = 32;

  private WeightsBench() {}

  public static void main(String[] args) {
    for (WeightType type : WeightType.values()) {
      Path generator = Path.of(args[0]);
      Path codes = Path.of(args[1]);
      System.out.printf(
          Locale.ROOT,
          "%s: %.5f at once, %.5f as drawn%n",
          type,
          atOnce(generator, codes, type),
          asDrawn(generator, codes, type));
    }
  }

  private static double atOnce(Path generator, Path codes, WeightType type) {
    try (CpuDevice device = new CpuDevice();
        CodeCache cache = CodeCache.open(codes);
        LoadedModel m =
            PlanSource.load(
                generator,
                BATCH,
                x -> held(new Request.Loss(objective(x).name()), type, false),
                device,
                new WeightsListener() {})) {
      Outline.Signature objective = objective(m.model());
      String step = objective.name() + ".loss";
      MemorySegment tokens = m.session().input(step, LoadedModel.input(objective, InputKind.CODES));
      MemorySegment labels = m.session().input(step, LoadedModel.input(objective, InputKind.LABEL));
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

  /** The mean of {@code -log p(code)} over the codes, each given those before it. */
  private static double asDrawn(Path generator, Path codes, WeightType type) {
    try (CpuDevice device = new CpuDevice();
        CodeCache cache = CodeCache.open(codes);
        Arena arena = Arena.ofConfined();
        LoadedModel m =
            PlanSource.load(
                generator,
                BATCH,
                x -> held(generate(x), type, true),
                device,
                new WeightsListener() {})) {
      Outline.Signature entry = CodeSampler.generator(m.model());
      Session session = m.session();
      String prefill = CodeSampler.first(entry);
      String step = entry.name() + ".step";
      session.inputTensor(prefill, "temperature").fill(1);
      session.inputTensor(step, "temperature").fill(1);
      MemorySegment labels = session.input(prefill, LoadedModel.input(entry, InputKind.LABEL));
      MemorySegment tokens = arena.allocate(ValueLayout.JAVA_INT, (long) BATCH * entry.generated());
      int batches = cache.info().count() / BATCH;
      CodeLoader loader = new CodeLoader(cache, BATCH, 0, 0);
      double sum = 0;
      for (int i = 0; i < batches; i++) {
        loader.next(tokens, labels);
        for (int at = 0; at < entry.generated(); at++) {
          String here = at == 0 ? prefill : step;
          if (at > 0) {
            Tensor before = session.inputTensor(step, "token");
            for (int r = 0; r < BATCH; r++) {
              before.set(r, code(tokens, entry, r, at - 1));
            }
            session.inputTensor(step, "position").fill(at - 1);
          }
          session.run(here);
          double[] logits = session.outputTensor(here, "logits").toArray();
          for (int r = 0; r < BATCH; r++) {
            sum += surprise(logits, r, code(tokens, entry, r, at));
          }
        }
      }
      return sum / ((double) batches * BATCH * entry.generated());
    }
  }

  private static int code(MemorySegment tokens, Outline.Signature entry, int row, int position) {
    return tokens.getAtIndex(ValueLayout.JAVA_INT, (long) row * entry.generated() + position);
  }

  /** {@code -log softmax(logits)[code]} of a row. */
  private static double surprise(double[] logits, int row, int code) {
    int classes = logits.length / BATCH;
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(logits[row * classes + c]);
    }
    return Math.log(sum) - logits[row * classes + code];
  }

  private static Request generate(Outline model) {
    return new Request.Generate(CodeSampler.generator(model).name(), false, false, false);
  }

  private static List<Request> held(Request use, WeightType type, boolean panels) {
    return List.of(use, new Request.StoreWeights(type, panels));
  }

  private static Outline.Signature objective(Outline model) {
    return model.entries(Entry.Kind.OBJECTIVE).getFirst();
  }
}
