package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.artifact.ArtifactException;
import dev.lgc.compiler.plan.artifact.ArtifactFile;
import dev.lgc.compiler.plan.artifact.CompiledPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FileRange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A compiled model in a {@code .lgc} file. Its plans are what runs, each for what it was asked for;
 * its sources are compiled again where another batch or other requests are wanted.
 *
 * @param choice which model
 * @param sources its text
 * @param batch samples in a batch of its plans
 * @param fingerprint {@link dev.lgc.dsl.model.CheckedModel#fingerprint}
 * @param outline what its entries take and give, for such a batch
 * @param weightType the type in which its plans store matrices, unless they train
 * @param plans what it can do
 * @param tokenizer the tokenizer that a generator names, ready to decode, if any
 * @param facts what its weights' checkpoint remembers; empty without weights
 * @param weights if the file has them
 */
public record Artifact(
    ModelChoice choice,
    ArchSources sources,
    int batch,
    String fingerprint,
    Outline outline,
    WeightType weightType,
    List<CompiledPlan> plans,
    Optional<Artifact> tokenizer,
    Map<String, String> facts,
    Optional<WeightImage> weights) {
  private static final String GIVEN = "given.";
  private static final String FACT = "fact.";
  private static final String WEIGHT_TYPE = "weight-type";
  private static final String LAID_OUT = "weights-plan";
  private static final String WEIGHTS = "weights";
  private static final String TOKENIZER_WEIGHTS = "tokenizer-weights";

  public Artifact {
    plans = List.copyOf(plans);
    facts = Map.copyOf(facts);
  }

  /**
   * Compiles a model.
   *
   * @param model what {@code choice} means in {@code sources}, for batches of {@code batch}
   * @param type the type in which plans store matrices, as their requests say
   * @param purposes what is asked for together, each a plan of its own
   * @throws BadInputException if a step cannot be derived from the model as it is written
   */
  public static Artifact compile(
      ModelChoice choice,
      ArchSources sources,
      CheckedModel model,
      int batch,
      WeightType type,
      List<List<Request>> purposes,
      Optional<Artifact> tokenizer) {
    List<ExecutionPlan> made = Models.plans(model, purposes, Long.MAX_VALUE);
    List<CompiledPlan> plans = new ArrayList<>();
    for (int i = 0; i < made.size(); i++) {
      plans.add(CompiledPlan.of(purpose(purposes.get(i)), made.get(i)));
    }
    ModelChoice named = new ModelChoice(choice.arch(), model.name(), choice.parameters());
    return new Artifact(
        named,
        sources,
        batch,
        model.fingerprint(),
        model.outline(),
        type,
        plans,
        tokenizer,
        Map.of(),
        Optional.empty());
  }

  /** Requests are records, whose text says all of them. */
  private static String purpose(List<Request> requests) {
    return requests.toString();
  }

  /**
   * The plan that was made for these very requests, if there is one.
   *
   * @throws BadInputException if it is not sound
   */
  public Optional<ExecutionPlan> plan(List<Request> requests) {
    String purpose = purpose(requests);
    return plans.stream().filter(p -> p.purpose().equals(purpose)).findFirst().map(this::plan);
  }

  /**
   * A plan of it.
   *
   * @throws BadInputException if it is not sound
   */
  public ExecutionPlan plan(CompiledPlan compiled) {
    ExecutionPlan plan = sound(compiled, choice.toString());
    if (!plan.model().equals(outline.name())) {
      throw unsound(choice.toString(), new ArtifactException("a plan is of " + plan.model()));
    }
    return plan;
  }

  static ExecutionPlan sound(CompiledPlan compiled, String what) {
    try {
      return compiled.plan();
    } catch (ArtifactException e) {
      throw unsound(what, e);
    }
  }

  /** Which model weights are of, if they are of this one. */
  public Checkpoint about() {
    return new Checkpoint(choice, sources, fingerprint, 0, 0, 0, Map.of(), facts);
  }

  /**
   * Writes it.
   *
   * @param targets whose kernels to put in, for people and tools: devices emit their own from the
   *     plan, for their own limits, so any of them runs it
   * @param weights to have with it
   * @param tokenizerWeights to have with its tokenizer
   * @throws BadInputException if the plan does something that a target cannot
   */
  public void write(
      Path path,
      List<Target> targets,
      Optional<WeightImageWriter> weights,
      Optional<WeightImageWriter> tokenizerWeights)
      throws IOException {
    Map<String, ArtifactFile.Content> attached = new LinkedHashMap<>();
    weights.ifPresent(w -> attached.put(WEIGHTS, w));
    tokenizerWeights.ifPresent(w -> attached.put(TOKENIZER_WEIGHTS, w));
    dev.lgc.compiler.plan.artifact.Artifact content = content(targets, weights, tokenizerWeights);
    AtomicFiles.write(path, out -> ArtifactFile.write(content, attached, out));
  }

  private dev.lgc.compiler.plan.artifact.Artifact content(
      List<Target> targets,
      Optional<WeightImageWriter> weights,
      Optional<WeightImageWriter> tokenizerWeights) {
    Map<String, String> about = new LinkedHashMap<>();
    about.put("arch", choice.arch());
    about.put("model", choice.name());
    about.put("main", sources.main());
    about.put("batch", String.valueOf(batch));
    about.put(WEIGHT_TYPE, weightType.name());
    choice.parameters().forEach((k, v) -> about.put(GIVEN + k, v));
    weights.ifPresent(
        w -> {
          about.put(LAID_OUT, String.valueOf(plans.indexOf(w.laidOut())));
          w.facts().forEach((k, v) -> about.put(FACT + k, v));
        });
    TreeMap<String, byte[]> code = new TreeMap<>();
    for (CompiledPlan p : plans) {
      for (Target t : targets) {
        t.emit(plan(p), code.size()).forEach((name, file) -> code.put(t.name() + "/" + name, file));
      }
    }
    return new dev.lgc.compiler.plan.artifact.Artifact(
        fingerprint,
        outline,
        about,
        new TreeMap<>(sources.texts()),
        plans,
        tokenizer.map(
            t -> ArtifactFile.bytes(t.content(targets, tokenizerWeights, Optional.empty()))),
        code);
  }

  /** Whether a name is one of such a file. */
  public static boolean isNamed(String name) {
    return name.endsWith(".lgc");
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
      return of(ArtifactFile.read(path), path, ArtifactFile.attached(path), WEIGHTS);
    } catch (ArtifactException | IllegalArgumentException | NullPointerException e) {
      throw unsound(path.toString(), e);
    } catch (IOException e) {
      throw new BadInputException(path + ": cannot be read: " + e.getMessage(), "", "", e);
    }
  }

  /**
   * @param attached to the file at {@code path}, by name
   * @param weights the name of those that are this one's
   */
  private static Artifact of(
      dev.lgc.compiler.plan.artifact.Artifact a,
      Path path,
      Map<String, ArtifactFile.Extent> attached,
      String weights)
      throws IOException {
    Map<String, String> about = a.arguments();
    Optional<Artifact> tokenizer = Optional.empty();
    if (a.tokenizer().isPresent()) {
      InputStream inner = new ByteArrayInputStream(a.tokenizer().get());
      tokenizer = Optional.of(of(ArtifactFile.read(inner), path, attached, TOKENIZER_WEIGHTS));
    }
    Optional<WeightImage> image = Optional.empty();
    if (about.containsKey(LAID_OUT)) {
      int plan = Objects.checkIndex(Integer.parseInt(about.get(LAID_OUT)), a.plans().size());
      ArtifactFile.Extent e =
          Objects.requireNonNull(attached.get(weights), "its weights are missing");
      FileRange bytes = new FileRange(path, e.at(), e.bytes());
      String option =
          weights.equals(WEIGHTS) ? WeightsChoice.OPTION : WeightsChoice.TOKENIZER_OPTION;
      image = Optional.of(new WeightImage(bytes, e.crc32(), a.plans().get(plan), option));
    }
    return new Artifact(
        new ModelChoice(about.get("arch"), about.get("model"), withPrefix(GIVEN, about)),
        new ArchSources(about.get("main"), a.sources()),
        Integer.parseInt(about.get("batch")),
        a.fingerprint(),
        a.outline(),
        WeightType.valueOf(about.getOrDefault(WEIGHT_TYPE, WeightType.F32.name())),
        a.plans(),
        tokenizer,
        withPrefix(FACT, about),
        image);
  }

  private static Map<String, String> withPrefix(String prefix, Map<String, String> all) {
    Map<String, String> some = new LinkedHashMap<>();
    all.forEach(
        (k, v) -> {
          if (k.startsWith(prefix)) {
            some.put(k.substring(prefix.length()), v);
          }
        });
    return some;
  }

  private static BadInputException unsound(String what, Exception e) {
    return new BadInputException(
        what + ": not a sound .lgc: " + e.getMessage(),
        "what `lgc compile` writes",
        "compile it again",
        e);
  }
}
