package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dump.CompilationDump;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.model.Artifact;
import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.model.ModelRequests;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.sample.ArtifactCompiler;
import dev.lgc.runtime.sample.ArtifactCompiler.Given;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
    description = {
      "Compiles a model into one file with its sources, plans and kernels. If the model names a"
          + " tokenizer, the file has the tokenizer's plans too. With --weights, it also has the"
          + " weights. Commands run the file's plans if batch and settings match; otherwise they"
          + " plan again from its sources."
    },
    footer = {
      "",
      "Examples:",
      "  lgc compile llamagen -m ClassToImage -p size=B -o b.lgc",
      "  lgc compile gpt.arch --weights-type bf16 -o use-only.lgc",
      "  lgc compile llamagen -m ClassToImage --weights c2i_B.safetensors --weights-type int8 \\",
      "    --tokenizer-weights vq16.safetensors -b 1 -o b.lgc      (then: lgc sample b.lgc -c 207)",
      "  lgc compile gpt.arch --dump=graph,memory -o gpt.lgc",
      "  lgc compile gpt.arch --target ${bundle:target-list} -o gpt.lgc"
    })
final class CompileCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Output
  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "M.lgc",
      description = "the file to write")
  private Path out;

  @Mixin private BatchOption batch;
  @Mixin private WeightsOption weights;
  @Mixin private PrecisionOption precision;

  @Option(
      names = "--weights",
      paramLabel = "W.safetensors",
      description =
          "the model's weights: a checkpoint or a run's folder. They are stored in the memory"
              + " layout of sampling, so the file can be sampled but not trained")
  private Path weightsFile;

  @Option(
      names = "--tokenizer-weights",
      paramLabel = "T.safetensors",
      description = "the weights of the model's tokenizer")
  private Path tokenizerWeights;

  @Mixin private WeightsOfOption weightsOf;
  @Mixin private TokenizerWeightsOfOption tokenizerWeightsOf;

  @Option(
      names = "--target",
      paramLabel = "TARGET",
      split = ",",
      converter = TargetOption.Converter.class,
      completionCandidates = TargetOption.Names.class,
      description =
          "targets whose kernels are included for reading: ${COMPLETION-CANDIDATES}; jvm by"
              + " default. The file runs on every device in any case")
  private List<Target> targets = List.of(Targets.DEFAULT);

  @Mixin private DumpOption dump;

  @Option(names = "--json", description = "print the result as one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    boolean trained = !weights.isQuantized() && weightsFile == null;
    if (!trained) {
      precision.refuseToUse();
    }
    ModelArgument argument = model.argument(batch.samples());
    CheckedModel checked = argument.checkInputs();
    boolean packed = targets.stream().anyMatch(Target::readsPackedWeights);
    boolean bf16 = targets.stream().anyMatch(Target::multipliesBf16);
    List<List<Request>> purposes =
        ModelRequests.purposes(checked, trained).stream()
            .map(r -> precision.in(weights.in(r, packed, bf16)))
            .toList();
    Artifact artifact = ArtifactCompiler.compile(argument, checked, weights.type(), purposes);
    write(artifact);
    List<ExecutionPlan> plans = artifact.plans().stream().map(artifact::plan).toList();
    PrintWriter o = spec.commandLine().getOut();
    if (json) {
      o.println(JsonText.of(json(artifact, checked, plans)));
    } else {
      o.print(dump.text(new CompilationDump(checked, purposes, Long.MAX_VALUE, () -> plans)));
      o.printf(
          Locale.ROOT,
          "%s: %s, %s parameters, %d steps, %d kernels%n",
          out,
          checked.name(),
          Table.count(checked.parameterCount()),
          steps(plans).size(),
          kernels(plans));
    }
    o.flush();
    return 0;
  }

  private void write(Artifact artifact) throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    ArtifactCompiler compiler =
        new ArtifactCompiler(wanted -> new WeightsConsole(err::println, wanted.option()));
    try (Device device = new CpuDevice()) {
      compiler.write(
          artifact,
          out,
          Targets.ALL.stream().filter(targets::contains).toList(),
          Optional.ofNullable(weightsFile).map(f -> new Given(f, weightsOf.wanted())),
          Optional.ofNullable(tokenizerWeights).map(f -> new Given(f, tokenizerWeightsOf.wanted())),
          device);
    }
  }

  private Map<String, Object> json(
      Artifact artifact, CheckedModel checked, List<ExecutionPlan> plans) {
    Map<String, Object> done = new LinkedHashMap<>();
    done.put("out", out.toString());
    done.put("model", checked.name());
    done.put("parameters", checked.parameterCount());
    done.put("steps", steps(plans));
    done.put("kernels", kernels(plans));
    done.put("targets", targets.stream().map(Target::name).toList());
    done.put("fingerprint", artifact.fingerprint());
    return done;
  }

  private static List<String> steps(List<ExecutionPlan> plans) {
    return plans.stream().flatMap(p -> p.steps().keySet().stream()).toList();
  }

  private static int kernels(List<ExecutionPlan> plans) {
    return plans.stream().mapToInt(p -> p.kernels().size()).sum();
  }
}
