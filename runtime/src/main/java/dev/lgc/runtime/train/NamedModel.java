package dev.lgc.runtime.train;

import dev.lgc.dsl.check.GivenParameters;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** The model that a run file names; mistakes in the name or the parameters are shown there. */
final class NamedModel {
  private static final String PARAMETERS = "model.parameters.";

  private NamedModel() {}

  /**
   * Runs a check of the model that a run names, and places its mistakes: there may be no such
   * model, or none with such a parameter.
   *
   * @throws UserError with the mistakes: those of the run file at its settings, those of an {@code
   *     .arch} where they stand in it
   */
  static <T> T at(RunFile run, Supplier<T> checked) {
    try {
      return checked.get();
    } catch (UserError e) {
      throw new UserError(e.diagnostics().stream().map(d -> at(run, d)).toList());
    }
  }

  /** The place of a parameter's value in a run file. */
  static BiFunction<String, String, Diagnostic.Note> values(RunFile run) {
    return (name, value) -> {
      String key = PARAMETERS + name;
      return new Diagnostic.Note(run.place(key), "set by `" + key + ": " + value + "`");
    };
  }

  private static Diagnostic at(RunFile run, Diagnostic d) {
    return key(run, d)
        .map(
            key ->
                new Diagnostic(
                    d.code(),
                    run.place(key),
                    "`" + key + "`: " + d.message(),
                    d.found(),
                    d.expected(),
                    d.notes(),
                    d.hint(),
                    d.near()))
        .orElse(d);
  }

  /** The setting that is to blame; empty if it is a text in an {@code .arch}. */
  private static Optional<String> key(RunFile run, Diagnostic d) {
    Optional<RunConfig.Model> model = run.config().model();
    if (model.isEmpty()) {
      return Optional.empty();
    }
    String source = d.span().source().name();
    Optional<String> parameter =
        model.get().parameters().keySet().stream()
            .filter(name -> source.equals(GivenParameters.sourceName(name)))
            .findFirst();
    if (parameter.isPresent()) {
      return parameter.map(name -> PARAMETERS + name);
    }
    return switch (d.code()) {
      case FILE_NOT_FOUND -> d.span().isNowhere() ? Optional.of("model.arch") : Optional.empty();
      case UNKNOWN_MODEL -> Optional.of("model.name");
      default -> Optional.empty();
    };
  }
}
