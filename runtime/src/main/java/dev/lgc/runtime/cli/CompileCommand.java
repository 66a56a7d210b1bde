package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.model.Artifact;
import dev.lgc.runtime.model.Models;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc compile}. */
@Command(
    name = "compile",
    mixinStandardHelpOptions = true,
    description =
        "Compiles a model into one file: its sources, graphs, plan and kernels, to be shown,"
            + " trained and compared.",
    footer = {
      "",
      "Examples:",
      "  lgc compile llamagen -m ClassToImage -p size=B -o b.lgc",
      "  lgc compile gpt.arch --weights-type bf16 -o use-only.lgc",
      "  lgc compile gpt.arch --dump=graph,memory -o gpt.lgc",
      "  lgc compile gpt.arch --target jvm,tornado -o gpt.lgc"
    })
final class CompileCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "M.lgc",
      description = "where to")
  private Path out;

  @Mixin private BatchOption batch;
  @Mixin private WeightsOption weights;

  @Option(
      names = "--target",
      paramLabel = "TARGET",
      split = ",",
      description =
          "whose kernels to put into the file: jvm, tornado; jvm by default. Every device runs it,"
              + " whatever they are")
  private List<Artifact.Target> targets = List.of(Artifact.Target.JVM);

  @Option(
      names = "--dump",
      paramLabel = "STAGE",
      split = ",",
      description = "also print stages: ${COMPLETION-CANDIDATES}")
  private List<Dumps.Stage> dump = List.of();

  @Option(names = "--json", description = "print what was done as one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Subject subject = model.subject(batch.samples());
    CheckedModel checked = subject.check();
    List<Request> requests = new ArrayList<>();
    if (!weights.isNarrow()) {
      requests.addAll(Subject.training(checked, false));
    }
    requests.addAll(weights.in(Subject.using(checked, true)));
    ExecutionPlan plan = Models.plan(checked, requests);
    String fingerprint = checked.fingerprint();
    new Artifact(subject.choice(), subject.sources(), batch.samples(), fingerprint, plan)
        .write(out, checked.arguments(), EnumSet.copyOf(targets));
    PrintWriter o = spec.commandLine().getOut();
    Map<String, Object> done = new LinkedHashMap<>();
    done.put("out", out.toString());
    done.put("model", checked.name());
    done.put("parameters", checked.parameterCount());
    done.put("steps", List.copyOf(plan.steps().keySet()));
    done.put("kernels", plan.kernels().size());
    done.put("targets", targets.stream().map(CompileCommand::lower).toList());
    done.put("fingerprint", fingerprint);
    if (json) {
      o.println(JsonText.of(done));
    } else {
      o.print(Dumps.of(checked, requests, plan, dump, ""));
      o.printf(
          "%s: %s, %s parameters, %d steps, %d kernels%n",
          out,
          checked.name(),
          Table.count(checked.parameterCount()),
          plan.steps().size(),
          plan.kernels().size());
    }
    o.flush();
    return 0;
  }

  private static String lower(Artifact.Target target) {
    return target.name().toLowerCase(Locale.ROOT);
  }
}
