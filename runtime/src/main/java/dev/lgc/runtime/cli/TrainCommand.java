package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.estimate.Template;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.train.TrainResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lgc train}. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    customSynopsis = {
      "lgc train [OPTIONS] RUN.yaml",
      "lgc train [OPTIONS] M.lgc RUN.yaml",
      "lgc train [OPTIONS] F.arch -m MODEL [-p NAME=VALUE]... RUN.yaml",
      "lgc train --template KIND [--small] [--pictures FOLDER]"
    },
    description = {
      "Trains the tokenizer or generator that a run file names.",
      "A run that was stopped continues from its last checkpoint when it is started "
          + "again. The result has the same bits as that of a run that was never stopped."
    },
    footer = {
      "",
      "Examples:",
      "  lgc train --template tokenizer --small --pictures photos > tokenizer.yaml",
      "  lgc train tokenizer.yaml",
      "  lgc compile gpt.arch -m Small -o small.lgc && lgc train small.lgc run.yaml",
      "  lgc train gpt.arch -m Small -p dim=128 run.yaml",
      "  lgc train tokenizer.yaml --device ${bundle:other-device}"
    })
final class TrainCommand implements Callable<Integer>, OneProcess.Shared {
  /** The options that print a run file. */
  private static final List<String> TEMPLATE = List.of("--template", "--small", "--pictures");

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "RUN.yaml",
      description =
          "the run file, optionally after a model that replaces its `model` or `artifact`: a .lgc,"
              + " or an .arch file or library module with -m and -p")
  private List<String> files = List.of();

  @Option(
      names = "--template",
      paramLabel = "KIND",
      description = "print a commented run file instead of training: ${COMPLETION-CANDIDATES}")
  private Template template;

  @Option(
      names = "--small",
      description =
          "with --template: a small first run, sized for this machine: about half an hour of"
              + " computing on most machines")
  private boolean small;

  @Option(
      names = "--pictures",
      paramLabel = "FOLDER",
      description =
          "with --template: the pictures, one sub-folder for each class. A run file's paths are"
              + " relative to its folder: keep it here, or give an absolute path")
  private Path pictures;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "the model in F.arch; not needed if the file has only one")
  private String model;

  @Option(
      names = {"-p", "--parameter"},
      paramLabel = "NAME=VALUE",
      description = "the value of a parameter of the model in F.arch; may be repeated")
  private Map<String, String> parameters = new LinkedHashMap<>();

  @Mixin private DeviceChoice device;

  @Mixin private LaunchOption launch;

  @Option(
      names = "--restarts",
      paramLabel = "K",
      description =
          "with --ranks: after a rank was lost, start again from the newest checkpoint, at most K"
              + " times")
  @Range(min = 0, max = 1_000_000)
  private int restarts;

  @Option(names = "--json", description = "print the result as one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (files.isEmpty() == (template == null)) {
      throw new ParameterException(spec.commandLine(), "give either RUN.yaml or --template KIND");
    }
    if (template == null && (small || pictures != null)) {
      throw new ParameterException(
          spec.commandLine(), (small ? "--small" : "--pictures") + " goes with --template KIND");
    }
    if (template != null) {
      refuseWithTemplate();
      Optional<Path> folder = Optional.ofNullable(pictures);
      out.print(small ? template.small(folder, Devices.threads(0)) : template.text(folder));
      out.flush();
      return 0;
    }
    PrintWriter err = spec.commandLine().getErr();
    if (restarts > 0) {
      launch.requireSeveral("--restarts", spec);
    }
    Function<PrintWriter, RunFile> reading =
        told -> RunArguments.read(files, model, parameters, told);
    if (launch.startsRanks()) {
      // A mistake in the run file needs no ranks to be found.
      RunArguments.read(files, model, parameters, new PrintWriter(Writer.nullWriter()));
      return launch.run(spec, restarts, err);
    }
    Ranks all = RankLauncher.open(System.getenv());
    TrainResult result =
        Training.run(reading, device::open, all, err, () -> false, r -> say(r, out));
    // Of several ranks rank 0 alone says so: a launcher kills the others where one fails.
    return result.complete() || all.rank() > 0 ? 0 : Interrupt.exitCode();
  }

  /** Refuses options that say how to train: a template is only printed. */
  private void refuseWithTemplate() {
    spec.commandLine().getParseResult().matchedOptions().stream()
        .map(OptionSpec::longestName)
        .filter(o -> !TEMPLATE.contains(o))
        .findFirst()
        .ifPresent(
            o -> {
              throw new ParameterException(spec.commandLine(), o + " goes with RUN.yaml");
            });
  }

  private void say(TrainResult r, PrintWriter out) {
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
}
