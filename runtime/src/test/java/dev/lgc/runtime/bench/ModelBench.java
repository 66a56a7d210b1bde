package dev.lgc.runtime.bench;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Profiler;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Runs every step of a model a few times and prints where the time goes. Arguments: threads, batch,
 * runs (first values are drawn once), rows of the table, what (train or generate), {@code .arch},
 * model, then parameters as {@code name=value}.
 */
public final class ModelBench {
  private ModelBench() {}

  public static void main(String[] args) {
    int threads = Integer.parseInt(args[0]);
    int batch = Integer.parseInt(args[1]);
    int runs = Integer.parseInt(args[2]);
    int rows = Integer.parseInt(args[3]);
    boolean train = args[4].equals("train");
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String a : List.of(args).subList(7, args.length)) {
      parameters.put(a.substring(0, a.indexOf('=')), a.substring(a.indexOf('=') + 1));
    }
    long start = System.nanoTime();
    CheckedModel model = Models.check(new ModelChoice(args[5], args[6], parameters), batch);
    List<Request> requests = new ArrayList<>(List.of(new Request.Initialise()));
    for (Entry e : model.entries()) {
      if (train && e.kind() == Entry.Kind.OBJECTIVE) {
        requests.add(
            new Request.Train(e.name(), new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, 0), false));
      } else if (!train && e.kind() == Entry.Kind.GENERATE) {
        requests.add(new Request.Generate(e.name(), true, true, true));
      }
    }
    ExecutionPlan plan = Models.plan(model, requests);
    System.out.printf(
        "plan: %.1f s, %d kernels, arenas %s%n",
        (System.nanoTime() - start) / 1e9, plan.kernels().size(), plan.arenaBytes());
    try (CpuDevice device = new CpuDevice(threads);
        Session s = Session.open(plan, device)) {
      List<String> steps = new ArrayList<>(plan.steps().keySet());
      steps.sort((a, b) -> Boolean.compare(b.equals("init"), a.equals("init")));
      for (String step : steps) {
        fill(s, plan, step);
        start = System.nanoTime();
        s.prepare(step);
        double prepared = (System.nanoTime() - start) / 1e6;
        start = System.nanoTime();
        s.run(step);
        double first = (System.nanoTime() - start) / 1e6;
        double best = first;
        int times = step.equals("init") ? 1 : runs;
        for (int i = 1; i < times; i++) {
          start = System.nanoTime();
          s.run(step);
          best = Math.min(best, (System.nanoTime() - start) / 1e6);
        }
        System.out.printf(
            "%n%s: %d calls, prepare %.1f ms, first %.1f ms, best of %d %.2f ms%n",
            step, plan.steps().get(step).calls().size(), prepared, first, times, best);
        Profiler p = s.profile();
        for (int i = 0; i < 3; i++) {
          s.run(step);
        }
        s.unobserved();
        System.out.print(p.byKernel(rows));
      }
    }
  }

  private static void fill(Session s, ExecutionPlan plan, String step) {
    Random r = new Random(1);
    plan.steps()
        .get(step)
        .inputs()
        .forEach(
            (key, slot) -> {
              Tensor x = s.inputTensor(step, key);
              for (long i = 0; i < x.elements(); i++) {
                x.set(
                    i, slot.type().dtype().isFloat() ? r.nextFloat() * 0.01 + 0.5 : r.nextInt(10));
              }
            });
  }
}
