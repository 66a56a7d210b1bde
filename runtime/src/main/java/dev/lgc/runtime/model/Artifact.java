package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.artifact.ArtifactException;
import dev.lgc.compiler.plan.artifact.ArtifactFile;
import dev.lgc.compiler.plan.artifact.Attachments;
import dev.lgc.compiler.plan.artifact.CompiledPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Fingerprint;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FileRange;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
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
import java.util.zip.ZipException;

/**
 * A compiled model in a {@code .lgc} file. Its plans are what runs, each for what it was asked for;
 * its sources are compiled again where another batch or other requests are wanted.
 *
 * @param choice which model
 * @param sources its text
 * @param batch samples in a batch of its plans
 * @param fingerprint {@link Fingerprint#of}
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
  // Names in the file, which ArtifactWriter writes.
  static final String GIVEN = "given.";
  static final String FACT = "fact.";
  static final String WEIGHT_TYPE = "weight-type";
  static final String LAID_OUT = "weights-plan";
  static final String WEIGHTS = "weights";
  static final String TOKENIZER_WEIGHTS = "tokenizer-weights";

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
        Fingerprint.of(model),
        Outline.of(model),
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
    ExecutionPlan plan = Models.plan(compiled, choice.toString());
    if (!plan.model().equals(outline.name())) {
      throw MalformedArtifact.of(
          choice.toString(), new ArtifactException("a plan is of " + plan.model()));
    }
    return plan;
  }

  /** The facts that weights of this model carry. */
  public Checkpoint about() {
    return new Checkpoint(choice, sources, fingerprint, 0, 0, 0, Map.of(), facts);
  }

  /** Returns true if a name is that of a compiled model. */
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
      throw MalformedArtifact.of(path.toString(), e);
    } catch (EOFException | ZipException e) { // cut short, or damaged where it is packed
      throw MalformedArtifact.of(path.toString(), e);
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
      Map<String, Attachments.Extent> attached,
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
      Attachments.Extent e =
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
}
