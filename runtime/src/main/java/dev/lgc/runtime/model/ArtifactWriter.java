package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.artifact.ArtifactFile;
import dev.lgc.compiler.plan.artifact.Attachments;
import dev.lgc.compiler.plan.artifact.CompiledPlan;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Writes {@code .lgc} files: an {@link Artifact}, the code of its kernels, and its weights. */
public final class ArtifactWriter {
  private ArtifactWriter() {}

  /**
   * Writes an artifact.
   *
   * @param targets whose kernels to put in, for people and tools: devices emit their own from the
   *     plan, for their own limits, so any of them runs it
   * @param weights to have with it
   * @param tokenizerWeights to have with its tokenizer
   * @throws BadInputException if the plan does something that a target cannot
   */
  public static void write(
      Artifact artifact,
      Path path,
      List<Target> targets,
      Optional<WeightImageWriter> weights,
      Optional<WeightImageWriter> tokenizerWeights)
      throws IOException {
    Map<String, Attachments.Content> attached = new LinkedHashMap<>();
    weights.ifPresent(w -> attached.put(Artifact.WEIGHTS, w));
    tokenizerWeights.ifPresent(w -> attached.put(Artifact.TOKENIZER_WEIGHTS, w));
    dev.lgc.compiler.plan.artifact.Artifact content =
        content(artifact, targets, weights, tokenizerWeights);
    AtomicFiles.write(path, out -> ArtifactFile.write(content, attached, out));
  }

  private static dev.lgc.compiler.plan.artifact.Artifact content(
      Artifact artifact,
      List<Target> targets,
      Optional<WeightImageWriter> weights,
      Optional<WeightImageWriter> tokenizerWeights) {
    ModelChoice model = artifact.choice();
    Map<String, String> about = new LinkedHashMap<>();
    about.put("arch", model.arch());
    about.put("model", model.name());
    about.put("main", artifact.sources().main());
    about.put("batch", String.valueOf(artifact.batch()));
    about.put(Artifact.WEIGHT_TYPE, artifact.weightType().name());
    model.parameters().forEach((k, v) -> about.put(Artifact.GIVEN + k, v));
    weights.ifPresent(
        w -> {
          about.put(Artifact.LAID_OUT, String.valueOf(artifact.plans().indexOf(w.laidOut())));
          w.facts().forEach((k, v) -> about.put(Artifact.FACT + k, v));
        });
    TreeMap<String, byte[]> code = new TreeMap<>();
    for (CompiledPlan p : artifact.plans()) {
      for (Target t : targets) {
        t.emit(artifact.plan(p), code.size())
            .forEach((name, file) -> code.put(t.name() + "/" + name, file));
      }
    }
    return new dev.lgc.compiler.plan.artifact.Artifact(
        artifact.fingerprint(),
        artifact.outline(),
        about,
        new TreeMap<>(artifact.sources().texts()),
        artifact.plans(),
        artifact
            .tokenizer()
            .map(t -> ArtifactFile.bytes(content(t, targets, tokenizerWeights, Optional.empty()))),
        code);
  }
}
