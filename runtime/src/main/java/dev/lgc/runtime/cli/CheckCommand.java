package dev.lgc.runtime.cli;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Json;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
      "Finds the mistakes in an .arch file, in every block and model that needs no arguments.",
      "With -m, checks that model with the parameters given by -p."
    },
    footer = {
      "",
      "Examples:",
      "  lgc check gpt.arch",
      "  lgc check llamagen -m ClassToImage -p size=3B -p image=384",
      "  lgc check gpt.arch --json"
    })
final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Option(names = "--json", description = "print the mistakes as a JSON array, for editors")
  private boolean json;

  @Override
  public Integer call() {
    List<Diagnostic> found = model.names() ? ofModel() : ofFile();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.print(Json.of(found));
    } else if (found.isEmpty()) {
      out.println(model.arch + ": no mistakes");
    } else {
      PrintWriter err = spec.commandLine().getErr();
      err.print(Renderer.terminal(found, Terminal.colours()));
      err.println("\n" + found.size() + (found.size() == 1 ? " mistake" : " mistakes"));
      err.flush();
    }
    out.flush();
    return found.isEmpty() ? 0 : Faults.MISTAKE;
  }

  private List<Diagnostic> ofFile() {
    Outcome<Language> file = Language.load(model.arch);
    return file.isOk() ? file.get().check() : file.diagnostics();
  }

  private List<Diagnostic> ofModel() {
    ModelChoice choice = model.choice();
    return Models.outcome(choice, Map.of()).diagnostics();
  }
}
