package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.exec.Session;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading a model leaves nothing open where it fails. */
@Tag("backend")
final class PlannedModelTest {
  @TempDir private Path dir;

  private final List<String> closed = new ArrayList<>();

  /** A device that runs out of memory when weights are copied to it. */
  private Device failing(Device device) {
    return new Device() {
      @Override
      public String name() {
        return device.name();
      }

      @Override
      public Program load(ExecutionPlan plan) {
        Program program = device.load(plan);
        return (Program)
            Proxy.newProxyInstance(
                Program.class.getClassLoader(),
                new Class<?>[] {Program.class},
                (proxy, method, args) -> {
                  if (method.getName().equals("push")) {
                    throw new OutOfMemoryError("of the device");
                  }
                  if (method.getName().equals("close")) {
                    closed.add("program");
                  }
                  try {
                    return method.invoke(program, args);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
      }

      @Override
      public void close() {}
    };
  }

  @Test
  void aSessionWhoseWeightsDoNotFitIsClosed() throws IOException {
    ModelChoice choice =
        new ModelChoice(
            TestResources.path("models/tiny.arch").toString(), "TinyTokenizer", Map.of());
    CheckedModel checked = Models.check(choice, 1);
    ExecutionPlan initial = Models.plan(checked, List.of(new Request.Initialise()));
    Path file = dir.resolve("w.safetensors");
    Checkpoint about = Checkpoint.elsewhere(choice, ArchSources.of(Models.load(choice)));
    try (Device device = new CpuDevice(1)) {
      try (Session session = Session.open(initial, device)) {
        RandomKeys.write(session.input("init", "key"), 5, 0, 0);
        session.run("init");
        new Weights(session, initial).save(file, about);
      }
      PlannedModel planned =
          PlanSource.of(about)
              .plan(Optional.of(file), 1, m -> List.of(new Request.Evaluate("decode")));
      assertThrows(
          OutOfMemoryError.class, () -> planned.load(failing(device), new WeightsListener() {}));
      assertEquals(List.of("program"), closed);
    }
  }
}
