package dev.lgc.runtime.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Once the JVM has compiled its kernels, a step of training or sampling allocates nothing on the
 * heap: no vector is left an object, nothing is boxed, no call makes an array.
 */
@Tag("backend")
final class AllocationTest {
  /** Long enough for the JVM's compiler on a busy machine; a quiet one needs seconds. */
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  /**
   * JVMs of which one has to show it: what the JVM's compiler inlines depends on when it compiles,
   * so now and then one keeps an object of some bytes. What every JVM allocates is our fault.
   */
  private static final int JVMS = 3;

  private static final int STEADY = 20;
  private static final Request.Optimizer ADAMW =
      new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, false);

  /**
   * In a JVM of its own: how the loop over calls is compiled depends on what it has run before,
   * such as collectives of other tests.
   */
  @ParameterizedTest
  @ValueSource(strings = {"TinyTokenizer", "TinyGenerator"})
  void stepsComeToAllocateNothing(String name) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Steps.class.getName(), name));
    StringBuilder said = new StringBuilder();
    for (int i = 0; i < JVMS; i++) {
      Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
      said.append(new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
      if (child.waitFor() == 0) {
        return;
      }
    }
    fail(said.toString());
  }

  /** The steps of a model, each until it allocates nothing. */
  static final class Steps {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Steps() {}

    public static void main(String[] args) {
      run(args[0]);
    }

    private static void run(String name) {
      String arch = TestResources.path("models/tiny.arch").toString();
      CheckedModel model = Models.check(new ModelChoice(arch, name, Map.of()), 2);
      List<Request> requests = new ArrayList<>(List.of(new Request.Initialise()));
      for (Entry e : model.entries()) {
        switch (e.kind()) {
          case OBJECTIVE -> requests.add(new Request.Train(e.name(), ADAMW, false));
          case GENERATE -> requests.add(new Request.Generate(e.name(), true, true, true));
          case FUNCTION -> {}
        }
      }
      ExecutionPlan plan = Models.plan(model, requests);
      try (CpuDevice device = new CpuDevice(1);
          Session session = Session.open(plan, device)) {
        session.run("init");
        for (String step : plan.steps().keySet()) {
          if (!step.equals("init") && !step.endsWith(".loss")) {
            fill(session, step);
            assertEquals(0, steadyBytes(session, step), step);
          }
        }
      }
    }

    /** What each of the last runs allocated, when it does not change or patience ends. */
    private static long steadyBytes(Session session, String step) {
      long end = System.nanoTime() + PATIENCE_NANOS;
      long bytes = 0;
      for (int steady = 0; steady < STEADY && System.nanoTime() < end; ) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        session.run(step);
        bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        steady = bytes == 0 ? steady + 1 : 0;
      }
      return bytes;
    }

    private static void fill(Session session, String step) {
      Random random = new Random(1);
      session
          .plan()
          .steps()
          .get(step)
          .inputs()
          .forEach(
              (name, slot) -> {
                Tensor x = session.inputTensor(step, name);
                boolean real = slot.type().dtype().isFloat();
                for (long i = 0; i < x.elements(); i++) {
                  x.set(i, real ? 0.45 + 0.1 * random.nextDouble() : random.nextInt(2));
                }
              });
    }
  }
}
