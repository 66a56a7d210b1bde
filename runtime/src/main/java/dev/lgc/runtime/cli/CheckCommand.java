package dev.lgc.runtime.cli;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.Json;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.ForeignFile;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.model.Artifact;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.ModelNeeds;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.WeightImage;
import dev.lgc.runtime.report.Terminal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc check}. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Finds the mistakes in an .arch file, in every block and model that needs no " + "arguments.",
      "With -m, checks that model with the parameters given by -p.",
      "For a compiled .lgc, checks that its plans are sound and its weights are "
          + "undamaged. For a checkpoint or another safetensors file, checks that every "
          + "tensor is complete and finite."
    },
    footer = {
      "",
      "Examples:",
      "  lgc check gpt.arch",
      "  lgc check llamagen -m ClassToImage -p size=3B -p image=384",
      "  lgc check gpt.arch --json",
      "  lgc check gpt.lgc",
      "  lgc check out/generator/step-00001000.safetensors"
    })
final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  /** A batch that is enough to see how samples are computed. */
  private static final Map<String, Integer> SMALL = Map.of("b", 2);

  @Option(names = "--json", description = "print the mistakes as a JSON array, for editors")
  private boolean json;

  @Override
  public Integer call() {
    if (Artifact.isNamed(model.arch) || ForeignFile.isNamedAsWeights(model.arch)) {
      return ofBytes();
    }
    List<Diagnostic> found = model.names() ? ofModel() : ofFile();
    long mistakes = found.stream().filter(CheckCommand::isMistake).count();
    long warnings = found.size() - mistakes;
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.print(Json.of(found));
    } else {
      PrintWriter err = spec.commandLine().getErr();
      err.print(Renderer.terminal(found, Terminal.colours()));
      err.flush();
      if (mistakes == 0) {
        out.println(
            model.arch
                + ": no mistakes"
                + (warnings == 0 ? "" : ", " + count(warnings, "warning")));
      } else {
        err.println(
            "\n"
                + count(mistakes, "mistake")
                + (warnings == 0 ? "" : " and " + count(warnings, "warning")));
        err.flush();
      }
    }
    out.flush();
    return mistakes == 0 ? 0 : Faults.MISTAKE;
  }

  /** Of an artifact or weights, whose mistakes have no place in a text. */
  private int ofBytes() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      String sound = Artifact.isNamed(model.arch) ? ofArtifact() : ofTensors();
      out.print(json ? Json.of(List.of()) : model.arch + ": " + sound + "\n");
    } catch (BadInputException e) {
      if (!json) {
        throw e;
      }
      out.print(
          Json.of(
              List.of(
                  Diagnostic.of(Code.UNSOUND_FILE, Span.NONE, e.what())
                      .withExpected(e.expected())
                      .withHint(e.hint()))));
      return Faults.MISTAKE;
    } catch (UserError e) {
      if (!json) {
        throw e;
      }
      out.print(Json.of(e.diagnostics()));
      return Faults.MISTAKE;
    } finally {
      out.flush();
    }
    return 0;
  }

  private static boolean isMistake(Diagnostic d) {
    return d.code().severity() == Code.Severity.ERROR;
  }

  private static String count(long n, String what) {
    return n + " " + what + (n == 1 ? "" : "s");
  }

  /** What a sound artifact has. */
  private String ofArtifact() {
    Artifact a = Artifact.read(Path.of(model.arch));
    a.plans().forEach(a::plan);
    a.weights().ifPresent(WeightImage::check);
    a.tokenizer().ifPresent(t -> t.plans().forEach(t::plan));
    a.tokenizer().flatMap(Artifact::weights).ifPresent(WeightImage::check);
    return Text.format(
        "sound: %s%s",
        count(a.plans().size(), "plan"),
        a.weights().isPresent() ? " and weights" : ", without weights");
  }

  /** What a sound safetensors file has. */
  private String ofTensors() {
    try (SafetensorsFile file = SafetensorsFile.open(Path.of(model.arch))) {
      file.check();
      return Text.format(
          "sound: %s%s",
          count(file.allNames().size(), "tensor"), file.hasChecksums() ? "" : " without checksums");
    }
  }

  private List<Diagnostic> ofFile() {
    Outcome<Language> file = Language.load(model.arch);
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

  private List<Diagnostic> ofModel() {
    ModelChoice choice = model.choice();
    Outcome<Language> file = Language.load(choice.arch());
    Outcome<CheckedModel> checked = Models.outcome(choice, SMALL);
    return checked.isOk()
        ? ModelNeeds.of(checked.get().entries(), checked::value, file.get().sources())
        : checked.diagnostics();
  }
}
