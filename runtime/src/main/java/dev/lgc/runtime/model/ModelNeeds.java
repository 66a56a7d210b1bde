package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.MicroBatches;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * The requirements of running a model, checked before it is trained: that every input has data of
 * its own, and the way the codes of a generator are drawn.
 */
public final class ModelNeeds {
  private ModelNeeds() {}

  /**
   * The diagnostics of a model.
   *
   * @param entries its entries, whatever their batch
   * @param small the model for a small batch, where something is unusual; empty if it has none
   * @param sources the texts that it is declared in, for showing places
   */
  public static List<Diagnostic> of(
      List<Entry> entries, Supplier<Optional<CheckedModel>> small, List<Source> sources) {
    List<Diagnostic> found = new ArrayList<>(ambiguous(entries, sources));
    boolean cached =
        entries.stream().filter(e -> e.kind() == Entry.Kind.GENERATE).allMatch(Compiler::isCached);
    if (!cached) {
      small.get().ifPresent(m -> found.addAll(drawing(m, sources)));
    }
    return found;
  }

  /**
   * Refuses a model that cannot be trained and then be sampled, and warns where sampling it is
   * slow.
   *
   * @throws UserError for what is wrong
   */
  public static void check(CheckedModel model, List<Source> sources, Consumer<String> warn) {
    List<Diagnostic> found = of(model.entries(), () -> Optional.of(model), sources);
    List<Diagnostic> errors =
        found.stream().filter(d -> d.code().severity() == Code.Severity.ERROR).toList();
    if (!errors.isEmpty()) {
      throw new UserError(errors);
    }
    uncached(model)
        .forEach(u -> warn.accept("every code computes the whole sequence, because " + u));
  }

  /** The reasons why codes are drawn by computing the whole sequence for each; mostly empty. */
  public static List<String> uncached(CheckedModel model) {
    return model.entries(Entry.Kind.GENERATE).stream()
        .filter(e -> !Compiler.isCached(e))
        .flatMap(e -> Compiler.drawing(e).uncached().stream().limit(1))
        .map(p -> p.where() + ": " + subject(p) + " " + p.found())
        .toList();
  }

  /**
   * Refuses a model with inputs that would be fed the same data: it cannot be run as it is meant.
   *
   * @throws UserError if there are some, at the place of the second
   */
  public static void refuseAmbiguous(CheckedModel model, List<Source> sources) {
    List<Diagnostic> found = ambiguous(model.entries(), sources);
    if (!found.isEmpty()) {
      throw new UserError(found);
    }
  }

  /**
   * The changes that come of computing batches of a model in parts: a line for each objective that
   * is trained with other numbers, and the reason.
   *
   * @param settings that cut batches in parts
   * @param model for a batch of {@code samples}
   * @param batches its objectives for a batch of another size: twice as many are looked at, too
   */
  public static List<String> parts(
      String settings, CheckedModel model, int samples, IntFunction<List<Entry>> batches) {
    int some = Math.max(2, samples); // of one sample every axis is like one of size 1
    Optional<List<Entry>> small =
        some == samples ? Optional.of(model.entries(Entry.Kind.OBJECTIVE)) : ofBatch(batches, some);
    Optional<List<Entry>> large = ofBatch(batches, 2 * some);
    if (small.isEmpty() || large.isEmpty()) {
      return List.of(); // a model for one size of a batch has no parts
    }
    return MicroBatches.differences(small.get(), large.get(), 2).stream()
        .filter(d -> !d.why().isEmpty())
        .map(
            d ->
                "with "
                    + settings
                    + ", "
                    + d.objective()
                    + " is not trained with the same numbers: "
                    + d.why())
        .toList();
  }

  private static Optional<List<Entry>> ofBatch(IntFunction<List<Entry>> batches, int samples) {
    try {
      return Optional.of(batches.apply(samples));
    } catch (UserError e) {
      return Optional.empty();
    }
  }

  private static String subject(Problem p) {
    return p.operation() + (p.module().isEmpty() ? "" : " in " + p.module());
  }

  private static List<Diagnostic> drawing(CheckedModel model, List<Source> sources) {
    List<Diagnostic> found = new ArrayList<>();
    for (Entry e : model.entries(Entry.Kind.GENERATE)) {
      Compiler.Drawing d = Compiler.drawing(e);
      d.problems().stream()
          .limit(1)
          .map(
              p ->
                  at(p.where(), Code.NOT_CAUSAL, "these codes cannot be drawn one by one", sources)
                      .withFound(subject(p) + " " + p.found())
                      .withExpected(p.expected()))
          .forEach(found::add);
      d.uncached().stream()
          .limit(1)
          .map(
              p ->
                  at(
                          p.where(),
                          Code.UNCACHED_STEP,
                          Text.format(
                              "each of the %d codes computes the whole sequence", e.generated()),
                          sources)
                      .withFound(subject(p) + " " + p.found())
                      .withExpected(p.expected())
                      .withHint(
                          "the codes are right, but each takes as long as a step over "
                              + e.generated()
                              + " positions"))
          .forEach(found::add);
    }
    return found;
  }

  /** Inputs of one entry that would be fed the same. */
  private static List<Diagnostic> ambiguous(List<Entry> entries, List<Source> sources) {
    List<Diagnostic> found = new ArrayList<>();
    Set<String> exported = new HashSet<>();
    for (Entry e : entries) {
      if (e.kind() == Entry.Kind.FUNCTION) {
        continue;
      }
      Map<InputKind, Definition.Input> kinds = new EnumMap<>(InputKind.class);
      for (Definition.Input in : e.inputs()) {
        Optional<InputKind> kind = exported.contains(in.name()) ? Optional.empty() : kind(in);
        Definition.Input other = kind.map(k -> kinds.putIfAbsent(k, in)).orElse(null);
        if (other != null) {
          found.add(
              at(
                      in.where(),
                      Code.AMBIGUOUS_INPUT,
                      Text.format(
                          "`%s` and `%s` would be fed the same data", other.name(), in.name()),
                      sources)
                  .withFound("two inputs that take " + words(kind.orElseThrow()))
                  .withExpected("one; a run has one of each kind of data")
                  .withHint("merge them into one input, or compute the second from the first"));
        }
      }
      exported.addAll(e.exports());
    }
    return found;
  }

  private static String words(InputKind k) {
    return switch (k) {
      case IMAGE -> "pictures";
      case LABEL -> "classes";
      case CODES -> "codes";
      case CAPTION -> "captions";
      case MASK -> "the masks of captions";
      case VALID -> "which samples are valid";
    };
  }

  private static Optional<InputKind> kind(Definition.Input in) {
    try {
      return Optional.of(InputKind.of(in));
    } catch (BadInputException e) {
      return Optional.empty(); // only running it needs data
    }
  }

  /** A diagnostic at a place of one of the sources, to the end of what stands there. */
  private static Diagnostic at(SourcePlace where, Code code, String message, List<Source> sources) {
    for (Source s : sources) {
      if (s.name().equals(where.file()) && where.line() <= s.lines()) {
        int start = s.lineStart(where.line()) + where.column() - 1;
        int end = start;
        while (end < s.text().length() && Character.isJavaIdentifierPart(s.text().charAt(end))) {
          end++;
        }
        return Diagnostic.of(code, new Span(s, start, Math.max(end, start)), message);
      }
    }
    return Diagnostic.of(code, Span.NONE, where + ": " + message);
  }
}
