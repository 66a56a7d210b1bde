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

/** Weights for the models of {@code tiny.arch}: their initial values. */
final class TinyWeights {
  static final String ARCH = TestResources.path("models/tiny.arch").toString();

  private TinyWeights() {}

  static void write(String name, Path file, int seed) throws IOException {
    ModelChoice choice = new ModelChoice(ARCH, name, Map.of());
    CheckedModel model = Models.check(choice, 1);
    ExecutionPlan plan = Models.plan(model, List.of(new Request.Initialise()));
    try (Device device = new CpuDevice(1);
        Session session = Session.open(plan, device)) {
      RandomKeys.write(session.input("init", "key"), seed, 0, 0);
      session.run("init");
      ArchSources sources = ArchSources.of(Models.load(choice));
      new Weights(session, plan).save(file, Checkpoint.elsewhere(choice, sources));
    }
  }
}
