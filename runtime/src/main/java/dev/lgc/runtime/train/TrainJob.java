package dev.lgc.runtime.train;

import dev.lgc.compiler.pipeline.MemoryLimitException;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Fingerprint;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.ByteSize;
import dev.lgc.runtime.config.RankSettings;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.ArchSources;
import dev.lgc.runtime.model.Artifact;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.ModelNeeds;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.WeightImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The model that a run trains, checked and planned.
 *
 * @param run the settings
 * @param choice which model
 * @param sources the text of the model
 * @param model the model, for the parts of this run's batches
 * @param fingerprint {@link Fingerprint#of}, which tells whether weights fit
 * @param plan its plan, of {@link #requests}
 * @param compiled whether that is the plan of the run's artifact
 * @param parts that batches are computed in
 * @param decoder of the pictures that a generator draws meanwhile, if it does
 */
public record TrainJob(
    RunFile run,
    ModelChoice choice,
    ArchSources sources,
    CheckedModel model,
    String fingerprint,
    ExecutionPlan plan,
    boolean compiled,
    BatchParts parts,
    Optional<PreviewDecoder> decoder) {

  /**
   * Checks and plans what {@code run} trains.
   *
   * @throws UserError if the model has mistakes, or training takes more memory than it may
   */
  public static TrainJob of(RunFile run) {
    return of(run, new OneRank());
  }

  /**
   * The same as one of several ranks: its part of the run. Where the run does not say how what is
   * trained is stored, every rank stores all of it.
   */
  public static TrainJob of(RunFile run, Ranks ranks) {
    return of(run, ranks, StorageGroups.of(run, ranks.size(), 1).getFirst());
  }

  /**
   * The same.
   *
   * @param group ranks that store what is trained together, one of {@link StorageGroups}
   */
  public static TrainJob of(RunFile run, Ranks ranks, int group) {
    RunConfig c = run.config();
    BatchParts parts = BatchParts.of(run, ranks).inGroupsOf(group);
    int batch = parts.samples(c);
    if (c.artifact().isPresent()) {
      Artifact a = run.at("artifact", () -> Artifact.read(run.resolve(c.artifact().get())));
      CheckedModel model = Models.check(a.sources(), a.choice(), batch);
      List<Request> requests = requests(run, parts, model);
      Optional<ExecutionPlan> compiled =
          batch == a.batch() && c.memory().isEmpty() ? a.plan(requests) : Optional.empty();
      return of(run, parts, a.choice(), a.sources(), model, compiled);
    }
    ModelChoice choice = choice(run);
    Language file = NamedModel.at(run, () -> Models.load(choice));
    CheckedModel model =
        NamedModel.at(run, () -> Models.check(file, choice, batch, NamedModel.values(run)));
    ModelChoice named = new ModelChoice(choice.arch(), model.name(), choice.parameters());
    return of(run, parts, named, ArchSources.of(file), model, Optional.empty());
  }

  /** The same on several ranks, of which each has the same plan; not planned yet. */
  public static UnplannedJob unplanned(RunFile run, int ranks) {
    BatchParts parts = BatchParts.of(run, 0, ranks);
    RunConfig c = run.config();
    Optional<Artifact> artifact =
        c.artifact().map(a -> run.at("artifact", () -> Artifact.read(run.resolve(a))));
    int samples = parts.samples(c);
    CheckedModel model =
        artifact
            .map(a -> Models.check(a.sources(), a.choice(), samples))
            .orElseGet(() -> model(run, samples));
    run.validate(key(c), () -> Batch.Layout.require(model.entries(Entry.Kind.OBJECTIVE)));
    return new UnplannedJob(model, parts, requests(run, parts, model));
  }

  private static CheckedModel model(RunFile run, int samples) {
    ModelChoice choice = choice(run);
    Language file = NamedModel.at(run, () -> Models.load(choice));
    return NamedModel.at(run, () -> Models.check(file, choice, samples, NamedModel.values(run)));
  }

  private static ModelChoice choice(RunFile run) {
    RunConfig.Model m = run.config().model().orElseThrow();
    return new ModelChoice(m.arch(), m.name(), m.parameters()).in(run.folder());
  }

  private static TrainJob of(
      RunFile run,
      BatchParts parts,
      ModelChoice choice,
      ArchSources sources,
      CheckedModel model,
      Optional<ExecutionPlan> compiled) {
    run.validate(
        key(run.config()), () -> Batch.Layout.require(model.entries(Entry.Kind.OBJECTIVE)));
    ExecutionPlan plan = compiled.orElseGet(() -> plan(run, parts, model));
    run.validate(key(run.config()), () -> requireTrained(model, plan));
    return new TrainJob(
        run,
        choice,
        sources,
        model,
        Fingerprint.of(model),
        plan,
        compiled.isPresent(),
        parts,
        PreviewDecoder.of(run, parts.samples(run.config())));
  }

  /**
   * Warnings before a run: checkpoints of its decoder are damaged, its samples are drawn slowly, or
   * the parts of its batches train it with other numbers.
   *
   * @throws UserError if it cannot be trained and then be sampled
   */
  public List<String> warnings() {
    List<String> found = new ArrayList<>();
    if (decoder.orElse(null) instanceof PreviewDecoder.Planned p) {
      found.addAll(p.warnings());
    }
    ModelNeeds.check(model, List.of(), found::add);
    if (parts.isSplit()) {
      Language file = UserError.orThrow(sources.load());
      found.addAll(
          ModelNeeds.parts(
              parts.settings(),
              model,
              parts.samples(run.config()),
              samples -> Models.objectives(file, choice, samples)));
    }
    return List.copyOf(found);
  }

  private static ExecutionPlan plan(RunFile run, BatchParts parts, CheckedModel model) {
    RunConfig c = run.config();
    long memory = c.memory().map(ByteSize::bytes).orElse(Long.MAX_VALUE);
    try {
      List<List<Request>> wanted = List.of(requests(run, parts, model));
      return run.at(key(c), () -> Models.plans(model, wanted, memory).getFirst());
    } catch (MemoryLimitException e) {
      UserError told =
          UserError.setting(
              run.place("memory"),
              "the run does not fit into `memory`",
              new ByteSize(e.limit()).toString(),
              "at least " + new ByteSize(e.least()).roundedUp(),
              "more `micro_batches` or a smaller `batch` take less");
      told.initCause(e);
      throw told;
    }
  }

  /** The setting that says which model. */
  private static String key(RunConfig c) {
    return c.artifact().isPresent() ? "artifact" : "model";
  }

  private static List<Request> requests(RunFile run, BatchParts parts, CheckedModel model) {
    RunConfig c = run.config();
    run.validate(key(c), () -> requireObjective(model));
    return run.at("samples.every", () -> requests(c, parts, model, c.samples().every() > 0));
  }

  private static void requireObjective(CheckedModel model) {
    if (model.entries(Entry.Kind.OBJECTIVE).isEmpty()) {
      throw new BadInputException(
          "the model " + model.name() + " has no objective", "one", "add `objective` to it");
    }
  }

  /** Every objective must change something: else a run would compute the same for ever. */
  private static void requireTrained(CheckedModel model, ExecutionPlan plan) {
    for (Entry e : model.entries(Entry.Kind.OBJECTIVE)) {
      if (!trains(plan, e)) {
        throw new BadInputException(
            Text.format("%s: the objective %s trains no parameter", e.where(), e.name()),
            e.over().isEmpty()
                ? "a parameter that it trains; " + model.name() + " has none"
                : "a loss that depends on " + some(e.over()) + " outside `stop_gradient`",
            "");
      }
    }
  }

  /** Returns true if the update of an objective changes a parameter. */
  private static boolean trains(ExecutionPlan plan, Entry objective) {
    return WeightImage.writesParameters(plan, plan.step(StepId.update(objective.name()).name()));
  }

  private static String some(List<String> parameters) {
    int n = parameters.size();
    return n <= 3
        ? String.join(" or ", parameters)
        : String.join(", ", parameters.subList(0, 3)) + " or another of " + n + " parameters";
  }

  /** Optimizer steps of a run on {@code samples} samples. */
  public static long steps(RunConfig c, long samples) {
    return c.steps()
        .orElseGet(
            () -> Math.max(1, (long) Math.ceil(c.epochs().orElseThrow() * samples / c.batch())));
  }

  /** The requests that the run's plan is made for. */
  public List<Request> requests() {
    return requests(run, parts, model);
  }

  /**
   * The requests of a plan for training.
   *
   * @param draws whether pictures are drawn while training
   */
  static List<Request> requests(RunConfig c, BatchParts parts, CheckedModel model, boolean draws) {
    requireObjective(model);
    List<String> names = model.entries(Entry.Kind.OBJECTIVE).stream().map(Entry::name).toList();
    List<Request> all =
        new ArrayList<>(
            in(c.precision(), Request.training(names, optimizer(c), parts.micros() > 1)));
    if (parts.shards() > 1) {
      all.add(parts.sharding());
      if (c.gradients() == RankSettings.Gradients.BF16) {
        all.add(new Request.RoundGradients());
      }
    }
    if (draws) {
      all.addAll(PreviewRequests.of(c, model));
    }
    return all;
  }

  /** Requests in a precision; it is for those that train, and others are left as they are. */
  public static List<Request> in(RunConfig.Precision precision, List<Request> requests) {
    if (precision == RunConfig.Precision.F32
        || requests.stream().noneMatch(r -> r instanceof Request.Train)) {
      return requests;
    }
    List<Request> all = new ArrayList<>(requests);
    all.add(new Request.MixedPrecision());
    return all;
  }

  private static Request.Optimizer optimizer(RunConfig c) {
    RunConfig.Optimizer o = c.optimizer();
    return new Request.Optimizer(
        o.betas().get(0), o.betas().get(1), o.eps(), o.decay(), o.clip(), c.ema() > 0);
  }
}
