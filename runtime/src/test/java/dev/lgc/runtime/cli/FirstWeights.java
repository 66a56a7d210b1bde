package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.model.ArchSources;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.RandomKeys;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Checkpoints of the tiny models as they are before the first step. */
final class FirstWeights {
  private FirstWeights() {}

  /** Writes initial values of a model's parameters. */
  static void write(String model, Path file) throws IOException {
    write(TestResources.path("models/tiny.arch").toString(), model, file);
  }

  /** Writes initial values of the parameters of a model of another file. */
  static void write(String arch, String model, Path file) throws IOException {
    ModelChoice choice = new ModelChoice(arch, model, Map.of());
    CheckedModel checked = Models.check(choice, 1);
    ExecutionPlan plan = Models.plan(checked, List.of(new Request.Initialise()));
    try (Device device = new CpuDevice(1);
        Session session = Session.open(plan, device)) {
      RandomKeys.write(session.input("init", "key"), 5, 0, 0);
      session.run("init");
      ArchSources sources = ArchSources.of(Models.load(choice));
      new Weights(session, plan).save(file, Checkpoint.elsewhere(choice, sources));
    }
  }
}
