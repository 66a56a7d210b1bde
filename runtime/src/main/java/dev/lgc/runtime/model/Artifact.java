package dev.lgc.runtime.model;

import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Scheduler;
import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.emit.tornado.TornadoEmitter;
import dev.lgc.compiler.emit.tornado.UnsupportedException;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.artifact.ArtifactException;
import dev.lgc.compiler.plan.artifact.ArtifactFile;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A compiled model in a {@code .lgc} file. Its plan is what runs; its sources are compiled again
 * where another batch or other requests are wanted.
 *
 * @param choice which model
 * @param sources its text
 * @param batch samples in a batch of the plan
 * @param fingerprint {@link dev.lgc.dsl.model.CheckedModel#fingerprint}
 * @param plan all it can do
 */
public record Artifact(
    ModelChoice choice, ArchSources sources, int batch, String fingerprint, ExecutionPlan plan) {
  private static final String GIVEN = ".given.";

  /** What kernels can be emitted for. */
  public enum Target {
    JVM,
    TORNADO
  }

  /**
   * Writes it.
   *
   * @param arguments all static arguments of the model, for people
   * @param targets whose kernels to put in, for people and tools: devices emit their own from the
   *     plan, for their own limits, so any of them runs it
   * @throws BadInputException if the plan does something that a target cannot
   */
  public void write(Path path, Map<String, String> arguments, Set<Target> targets)
      throws IOException {
    Map<String, String> about = new LinkedHashMap<>(arguments);
    about.put(".arch", choice.arch());
    about.put(".model", choice.name());
    about.put(".main", sources.main());
    about.put(".batch", String.valueOf(batch));
    choice.parameters().forEach((k, v) -> about.put(GIVEN + k, v));
    TreeMap<String, byte[]> code = new TreeMap<>();
    for (Target t : targets) {
      switch (t) {
        case JVM -> jvm(code);
        case TORNADO -> tornado(code);
      }
    }
    Path folder = path.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    ArtifactFile.write(
        new dev.lgc.compiler.plan.artifact.Artifact(
            fingerprint, about, new TreeMap<>(sources.texts()), plan, code),
        path);
  }

  private void jvm(Map<String, byte[]> code) {
    Machine machine = Machine.host(1);
    for (int i = 0; i < plan.kernels().size(); i++) {
      for (Kernel k : JvmEmitter.parts(plan.kernels().get(i), machine)) {
        String name = k.name().replaceAll("[^A-Za-z0-9_]", "_");
        code.put(
            "jvm/%04d-%s.class".formatted(i, name),
            JvmEmitter.emit(k, Scheduler.choose(k, machine)).classFile());
      }
    }
  }

  private void tornado(Map<String, byte[]> code) {
    try {
      DeviceLayout layout = DeviceLayout.of(plan, DeviceLimits.PORTABLE);
      for (String step : plan.steps().keySet()) {
        for (DeviceTask t : TornadoEmitter.emit(plan, layout, step)) {
          code.put("tornado/" + t.name() + ".class", t.classFile());
        }
      }
    } catch (UnsupportedException e) {
      throw new BadInputException(
          "no kernels for tornado: " + e.getMessage(), "", "compile with --target jvm", e);
    }
  }

  /**
   * Reads one.
   *
   * @throws BadInputException if it is not a sound artifact
   */
  public static Artifact read(Path path) {
    if (!Files.exists(path)) {
      throw new BadInputException(path + ": no such file", "", "check the path");
    }
    try {
      dev.lgc.compiler.plan.artifact.Artifact a = ArtifactFile.read(path);
      Map<String, String> parameters = new LinkedHashMap<>();
      a.arguments()
          .forEach(
              (k, v) -> {
                if (k.startsWith(GIVEN)) {
                  parameters.put(k.substring(GIVEN.length()), v);
                }
              });
      return new Artifact(
          new ModelChoice(a.arguments().get(".arch"), a.arguments().get(".model"), parameters),
          new ArchSources(a.arguments().get(".main"), a.sources()),
          Integer.parseInt(a.arguments().get(".batch")),
          a.fingerprint(),
          a.plan());
    } catch (ArtifactException | IllegalArgumentException | NullPointerException e) {
      throw new BadInputException(
          path + ": not a sound .lgc: " + e.getMessage(),
          "what `lgc compile` writes",
          "compile it again",
          e);
    } catch (IOException e) {
      throw new BadInputException(path + ": cannot be read: " + e.getMessage(), "", "", e);
    }
  }
}
