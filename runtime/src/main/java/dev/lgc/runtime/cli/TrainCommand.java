package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lgc train}. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = {
      "Trains the tokenizer or generator that a run file names.",
      "A run that was stopped, by Ctrl-C or otherwise, goes on from its last checkpoint when it is"
          + " started again, and gives the same bits as one that was not."
    },
    footer = {
      "",
      "Examples:",
      "  lgc train --template tokenizer > tokenizer.yaml",
      "  lgc train tokenizer.yaml",
      "  lgc train tokenizer.yaml --device tornado"
    })
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  private What what;

  @Mixin private DeviceChoice device;

  @Option(names = "--json", description = "print what came of it as one JSON object")
  private boolean json;

  /** A run, or the text of one. */
  private static final class What {
    @Parameters(paramLabel = "RUN.yaml", description = "the run file")
    private Path run;

    @Option(
        names = "--template",
        paramLabel = "KIND",
        description = "print a commented run file: ${COMPLETION-CANDIDATES}")
    private Template template;
  }

  private enum Template {
    tokenizer,
    generator
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (what.template != null) {
      out.print(template(what.template));
      out.flush();
      return 0;
    }
    RunFile run = UserError.orThrow(RunFile.read(what.run));
    Training.Result result =
        Training.run(run, device::open, spec.commandLine().getErr(), () -> false, r -> say(r, out));
    return result.complete() ? 0 : Interrupt.EXIT;
  }

  private void say(Training.Result r, PrintWriter out) {
    String checkpoint = r.checkpoint().map(Path::toString).orElse("");
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("steps", r.done());
      all.put("complete", r.complete());
      all.put("checkpoint", checkpoint);
      if (!r.folders().isEmpty()) {
        all.put("folders", r.folders());
        all.put("bad_pictures", r.bad().json());
      }
      out.println(JsonText.of(all));
    } else if (r.complete()) {
      int bad = r.bad().count();
      if (bad > 0) {
        out.println((bad == 1 ? "1 picture" : bad + " pictures") + " could not be read");
      }
      out.println("trained " + r.done() + " steps: " + checkpoint);
    }
    out.flush();
  }

  private static String template(Template kind) throws IOException {
    try (InputStream in = TrainCommand.class.getResourceAsStream(kind + ".yaml")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
