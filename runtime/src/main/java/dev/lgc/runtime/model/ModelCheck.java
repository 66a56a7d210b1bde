package dev.lgc.runtime.model;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.io.Background;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;

/** The mistakes and warnings in models: those of the language, and those of running them. */
public final class ModelCheck {
  /** A batch that is enough to see how samples are computed. */
  private static final Map<String, Integer> SMALL = Map.of("b", 2);

  private ModelCheck() {}

  /** The diagnostics of every block and model of a file that needs no arguments. */
  public static List<Diagnostic> ofFile(String arch) {
    Outcome<Language> file = Language.load(arch);
    if (!file.isOk()) {
      return file.diagnostics();
    }
    // What running a model takes is derived beside the check of what follows it in the file.
    ExecutorService worker = Background.worker();
    try {
      List<Background<List<Diagnostic>>> needs = new ArrayList<>();
      List<Diagnostic> mistakes =
          file.get().check((name, entries) -> needs.add(needs(worker, file.get(), name, entries)));
      if (!mistakes.isEmpty()) {
        return mistakes;
      }
      Diagnostics found = new Diagnostics(); // two variants of a model say the same once
      needs.forEach(n -> found.addAll(n.get()));
      return found.all();
    } finally {
      worker.shutdownNow();
    }
  }

  private static Background<List<Diagnostic>> needs(
      Executor worker, Language file, String name, List<Entry> entries) {
    return Background.of(
        worker,
        () ->
            ModelNeeds.of(
                entries, () -> file.elaborate(name, Map.of(), SMALL).value(), file.sources()));
  }

  /** The diagnostics of one model. */
  public static List<Diagnostic> ofModel(ModelChoice choice) {
    Outcome<Language> file = Language.load(choice.arch());
    Outcome<CheckedModel> checked = file.then(f -> Models.outcome(f, choice, SMALL));
    return checked.isOk()
        ? ModelNeeds.of(checked.get().entries(), checked::value, file.get().sources())
        : checked.diagnostics();
  }
}
