package dev.lgc.runtime.cli;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Json;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.FileCheck;
import dev.lgc.runtime.model.ModelCheck;
import dev.lgc.runtime.report.Terminal;
import java.io.PrintWriter;
import java.util.List;
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
final class CheckCommand implements Callable<Integer>, OneProcess.Exempt {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Option(names = "--json", description = "print the mistakes as a JSON array, for editors")
  private boolean json;

  @Override
  public Integer call() {
    if (FileCheck.isFor(model.arch)) {
      return ofBytes();
    }
    List<Diagnostic> found =
        model.names() ? ModelCheck.ofModel(model.choice()) : ModelCheck.ofFile(model.arch);
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
                + (warnings == 0 ? "" : ", " + Text.count(warnings, "warning")));
      } else {
        err.println(
            "\n"
                + Text.count(mistakes, "mistake")
                + (warnings == 0 ? "" : " and " + Text.count(warnings, "warning")));
        err.flush();
      }
    }
    out.flush();
    return mistakes == 0 ? 0 : Faults.MISTAKE;
  }

  private static boolean isMistake(Diagnostic d) {
    return d.code().severity() == Code.Severity.ERROR;
  }

  /** Checks an artifact or weights, whose mistakes have no place in a text. */
  private int ofBytes() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      String sound = FileCheck.of(model.arch);
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
}
