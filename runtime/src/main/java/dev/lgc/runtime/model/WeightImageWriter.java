package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.plan.artifact.Attachments;
import dev.lgc.compiler.plan.artifact.CompiledPlan;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes the weights of a file as a plan stores them in memory, for an artifact, whose reader opens
 * them as a {@link WeightImage}.
 */
public final class WeightImageWriter implements Attachments.Content, IdentifiedWeights {
  private static final int PART = 1 << 20;

  private final CompiledPlan laidOut;
  private final ExecutionPlan plan;
  private final Map<String, String> facts;
  private final Session session;
  private final Path file;
  private final String fingerprint;

  /**
   * Loads them.
   *
   * @param artifact whose plan lays them out, and all of whose plans will have them: what none of
   *     them reads may be missing
   * @param file safetensors
   * @param wanted which weights of a checkpoint
   * @param listener is told what the user should know of them
   * @throws BadInputException if they are not of the artifact's model
   */
  public WeightImageWriter(
      Artifact artifact, Path file, WeightsChoice wanted, Device device, WeightsListener listener) {
    laidOut = drawing(artifact);
    plan = artifact.plan(laidOut);
    this.file = file;
    fingerprint = artifact.fingerprint();
    Set<String> needed = new HashSet<>();
    artifact.plans().forEach(p -> needed.addAll(Weights.read(artifact.plan(p))));
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      WeightsOf weights = wanted.choose(file);
      Map<String, String> all = new HashMap<>(weights.facts());
      if (Checkpoint.isIn(opened)) {
        Checkpoint about = Checkpoint.of(opened);
        all.putAll(facts(artifact, about, file));
        if (weights == WeightsOf.AVERAGE) {
          ImmatureAverages.of(about).ifPresent(i -> all.putAll(i.facts()));
        }
        weights.warnIfImmature(file, about, listener);
      }
      facts = all;
      session = Session.open(plan, device);
      try {
        new Weights(session, plan)
            .load(opened, weights == WeightsOf.AVERAGE, needed)
            .ifPresent(listener::note);
      } catch (RuntimeException | Error e) {
        session.close();
        throw e;
      }
    }
  }

  /** The plan that draws codes, which is in the greatest hurry; the first if none does. */
  private static CompiledPlan drawing(Artifact artifact) {
    if (artifact.plans().isEmpty()) {
      throw new BadInputException(
          "weights of " + artifact.choice() + ", which does nothing with them", "an entry", "");
    }
    List<String> steps =
        artifact.outline().entries(Entry.Kind.GENERATE).stream()
            .map(e -> StepId.step(e.name()).name())
            .toList();
    return artifact.plans().stream()
        .filter(p -> artifact.plan(p).steps().keySet().stream().anyMatch(steps::contains))
        .findFirst()
        .orElse(artifact.plans().getFirst());
  }

  private static Map<String, String> facts(Artifact artifact, Checkpoint checkpoint, Path file) {
    if (!checkpoint.fingerprint().equals(artifact.fingerprint())) {
      throw BadInputException.in(
          file,
          "weights of " + checkpoint.model(),
          "weights of " + artifact.choice(),
          "name the model and the parameters (-p) that it was trained with");
    }
    return checkpoint.facts();
  }

  CompiledPlan laidOut() {
    return laidOut;
  }

  @Override
  public Path file() {
    return file;
  }

  @Override
  public String identity() {
    return new Weights(session, plan).identity(fingerprint);
  }

  /** The facts of their checkpoint, if they are one's. */
  public Map<String, String> facts() {
    return facts;
  }

  @Override
  public long bytes() {
    return plan.bytes(Arena.PARAMETERS);
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    List<StoredTensor> ordered =
        plan.storage(Arena.PARAMETERS).stream()
            .sorted(Comparator.comparingLong(t -> t.slot().offset()))
            .toList();
    long at = 0;
    for (StoredTensor t : ordered) {
      out.write(new byte[Math.toIntExact(t.slot().offset() - at)]);
      write(session.storage(t.name()), out);
      at = t.slot().offset() + t.slot().type().bytes();
    }
    out.write(new byte[Math.toIntExact(bytes() - at)]);
  }

  private static void write(MemorySegment from, OutputStream out) throws IOException {
    byte[] part = new byte[(int) Math.min(PART, from.byteSize())];
    MemorySegment into = MemorySegment.ofArray(part);
    for (long at = 0; at < from.byteSize(); at += part.length) {
      int n = (int) Math.min(part.length, from.byteSize() - at);
      MemorySegment.copy(from, at, into, 0, n);
      out.write(part, 0, n);
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
