package dev.lgc.runtime.model;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.pipeline.MemoryLimitException;
import dev.lgc.compiler.pipeline.PassObserver;
import dev.lgc.compiler.pipeline.PassTrace;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.pipeline.SharedCompilation;
import dev.lgc.compiler.pipeline.UnfitModelException;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.artifact.ArtifactException;
import dev.lgc.compiler.plan.artifact.CompiledPlan;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.source.Span;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.exec.Debug;
import dev.lgc.runtime.io.BadInputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.BiFunction;

/** From what a user names to a checked model and its plan. */
public final class Models {
  /** The models that were checked last: a command asks for the same one several times. */
  private static final SequencedMap<Kept, Checking> CHECKED = new LinkedHashMap<>();

  private static final int MOST_CHECKED = 4;

  private Models() {}

  private record Kept(ArchSources sources, ModelChoice choice, int batch) {}

  /** A model that is checked once, by whoever wants it first; others wait for that one only. */
  private static final class Checking {
    private CheckedModel model;

    synchronized CheckedModel model(Kept of) {
      if (model == null) {
        model = check(UserError.orThrow(of.sources().load()), of.choice(), of.batch());
      }
      return model;
    }
  }

  /**
   * The model that {@code choice} means, checked.
   *
   * @param batch samples in a batch: what {@code b} is bound to
   * @throws UserError if the {@code .arch} has mistakes
   */
  public static CheckedModel check(ModelChoice choice, int batch) {
    return check(load(choice), choice, batch);
  }

  /** The model that {@code choice} means in a loaded file, or the mistakes in it. */
  public static Outcome<CheckedModel> outcome(
      Language file, ModelChoice choice, Map<String, Integer> dimensions) {
    return elaborate(file, choice, dimensions, GivenValues::option);
  }

  private static Outcome<CheckedModel> elaborate(
      Language file,
      ModelChoice choice,
      Map<String, Integer> dimensions,
      BiFunction<String, String, Diagnostic.Note> given) {
    return name(file, choice)
        .then(
            name -> new GivenValues(file, name, dimensions, given).elaborate(choice.parameters()));
  }

  /** The model that {@code choice} means in sources that were kept. */
  public static CheckedModel check(ArchSources sources, ModelChoice choice, int batch) {
    Kept key = new Kept(sources, choice, batch);
    Checking checking;
    synchronized (CHECKED) {
      checking = Objects.requireNonNullElseGet(CHECKED.remove(key), Checking::new);
      if (CHECKED.size() == MOST_CHECKED) {
        CHECKED.pollFirstEntry();
      }
      CHECKED.put(key, checking);
    }
    return checking.model(key);
  }

  /** The model that {@code choice} means in a loaded file. */
  public static CheckedModel check(Language file, ModelChoice choice, int batch) {
    return UserError.orThrow(outcome(file, choice, Map.of("b", batch)));
  }

  /**
   * The objectives of the model that {@code choice} means in a loaded file: a part of it that is
   * elaborated in less time than all.
   *
   * @param batch samples in a batch
   * @throws UserError if they have mistakes
   */
  public static List<Entry> objectives(Language file, ModelChoice choice, int batch) {
    return UserError.orThrow(
        name(file, choice)
            .then(name -> file.objectives(name, choice.parameters(), Map.of("b", batch))));
  }

  /**
   * The same, with places for mistakes that are due to parameters.
   *
   * @param given the place where a parameter, by its name, is given its value
   */
  public static CheckedModel check(
      Language file,
      ModelChoice choice,
      int batch,
      BiFunction<String, String, Diagnostic.Note> given) {
    return UserError.orThrow(elaborate(file, choice, Map.of("b", batch), given));
  }

  /** The file that {@code choice} names. */
  public static Language load(ModelChoice choice) {
    return UserError.orThrow(Language.load(choice.arch()));
  }

  /** The name of the model, which may be left out of a choice if the file has only one. */
  private static Outcome<String> name(Language file, ModelChoice choice) {
    if (!choice.name().isEmpty()) {
      return Outcome.ok(choice.name());
    }
    List<String> models = file.models();
    if (models.size() == 1) {
      return Outcome.ok(models.getFirst());
    }
    return Outcome.failed(
        List.of(
            Diagnostic.of(Code.UNKNOWN_MODEL, Span.startOf(file.source()), "the model is not named")
                .withFound(models.size() + " models")
                .withExpected("-m with one of " + String.join(", ", models))));
  }

  /**
   * A plan that can do what {@code requests} ask for.
   *
   * @throws BadInputException if a step cannot be derived from the model as it is written
   */
  public static ExecutionPlan plan(CheckedModel model, List<Request> requests) {
    return plans(model, List.of(requests), Long.MAX_VALUE).getFirst();
  }

  /**
   * The plan that an artifact has.
   *
   * @param what it is of, for messages
   * @throws BadInputException if it is not sound
   */
  static ExecutionPlan plan(CompiledPlan compiled, String what) {
    try {
      return compiled.plan();
    } catch (ArtifactException e) {
      throw MalformedArtifact.of(what, e);
    }
  }

  /**
   * Plans for several purposes, made side by side.
   *
   * @param memory bytes that one with training in it may take
   * @throws BadInputException if a step cannot be derived from the model as it is written
   * @throws MemoryLimitException if training takes more than {@code memory}
   */
  public static List<ExecutionPlan> plans(
      CheckedModel model, List<List<Request>> purposes, long memory) {
    PassTrace trace = new PassTrace();
    PassObserver observer = Debug.TIMES.isOn() ? trace : PassObserver.NONE;
    List<ExecutionPlan> plans = plans(model, purposes, memory, observer);
    if (Debug.TIMES.isOn()) {
      System.err.print(model.name() + '\n' + trace.times());
    }
    return plans;
  }

  /**
   * The same.
   *
   * @param observer is told of every pass over every graph
   */
  public static List<ExecutionPlan> plans(
      CheckedModel model, List<List<Request>> purposes, long memory, PassObserver observer) {
    try {
      if (!Debug.VERIFY.isOn()) {
        return Compiler.compileAll(model, purposes, memory, observer);
      }
      List<ExecutionPlan> plans =
          Compiler.compileAll(model, purposes, memory, observer.verifying());
      plans.forEach(ExecutionPlan::verify);
      return plans;
    } catch (UnfitModelException e) {
      throw unfit(e.problems());
    }
  }

  /**
   * Plans for several purposes, made side by side, each as far as it fits into a limit.
   *
   * @throws BadInputException if a step cannot be derived from the model as it is written
   */
  public static List<SharedCompilation.Fit> fits(
      SharedCompilation compilation, List<SharedCompilation.Limited> purposes) {
    try {
      return compilation.fit(purposes);
    } catch (UnfitModelException e) {
      throw unfit(e.problems());
    }
  }

  /** The compilation of plans to choose from. */
  public static SharedCompilation compilation(CheckedModel model) {
    return new SharedCompilation(
        model, Debug.VERIFY.isOn() ? PassObserver.NONE.verifying() : PassObserver.NONE);
  }

  /** The final graphs of a plan, one for each step, composites kept. */
  public static List<Graph> graphs(CheckedModel model, List<Request> requests) {
    Derived derived = Compiler.derive(model, requests);
    if (!derived.problems().isEmpty()) {
      throw unfit(derived.problems());
    }
    return derived.graphs();
  }

  private static BadInputException unfit(List<Problem> problems) {
    Problem p = problems.getFirst();
    String in = p.module().isEmpty() ? "" : " in " + p.module();
    return new BadInputException(
        p.where() + ": " + p.operation() + in + " " + p.found(), p.expected(), "");
  }
}
