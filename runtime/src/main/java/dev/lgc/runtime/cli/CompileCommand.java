package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Artifact;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.WeightImageWriter;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.model.WeightsOf;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.sample.LearnedTokenizer;
import dev.lgc.runtime.sample.Tokenizer;
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
      "Compiles a model into one file with its sources, plans and kernels. If the "
          + "model names a tokenizer, the file has the tokenizer's plans too. With "
          + "--weights, it also has the weights. Commands that are given the file run its "
          + "plans if batch and settings match; otherwise they plan again from its sources."
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
          "the model's weights: a checkpoint or a run's folder. They are stored as "
              + "sampling holds them in memory, so the file can then be sampled but not trained")
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
          "targets whose kernels the file shows to readers: ${COMPLETION-CANDIDATES}; jvm by "
              + "default. The file runs on every device, whatever is listed")
  private List<Target> targets = List.of(Targets.DEFAULT);

  @Option(
      names = "--dump",
      paramLabel = "NAME",
      split = ",",
      converter = Dumped.Converter.class,
      completionCandidates = Dumped.Names.class,
      description =
          "print this too: a stage of the compilation, or the graphs that a pass leaves:"
              + " ${COMPLETION-CANDIDATES}")
  private List<Dumped> dump = List.of();

  @Option(names = "--json", description = "print the result as one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    boolean trained = !weights.isQuantized() && weightsFile == null;
    if (!trained) {
      precision.refuseToUse();
    }
    Subject subject = model.subject(batch.samples());
    CheckedModel checked = subject.checkInputs();
    List<List<Request>> purposes =
        Subject.purposes(checked, trained).stream()
            .map(r -> weights.in(r, targets.stream().anyMatch(Target::readsPanels)))
            .map(precision::in)
            .toList();
    Artifact artifact =
        Artifact.compile(
            subject.choice(),
            subject.sources(),
            checked,
            batch.samples(),
            weights.type(),
            purposes,
            tokenizer(subject, checked));
    write(artifact);
    List<ExecutionPlan> plans = artifact.plans().stream().map(artifact::plan).toList();
    List<String> steps = plans.stream().flatMap(p -> p.steps().keySet().stream()).toList();
    int kernels = plans.stream().mapToInt(p -> p.kernels().size()).sum();
    PrintWriter o = spec.commandLine().getOut();
    Map<String, Object> done = new LinkedHashMap<>();
    done.put("out", out.toString());
    done.put("model", checked.name());
    done.put("parameters", checked.parameterCount());
    done.put("steps", steps);
    done.put("kernels", kernels);
    done.put("targets", targets.stream().map(Target::name).toList());
    done.put("fingerprint", artifact.fingerprint());
    if (json) {
      o.println(JsonText.of(done));
    } else {
      o.print(Dumps.of(checked, purposes, Long.MAX_VALUE, () -> plans, dump, ""));
      o.printf(
          Locale.ROOT,
          "%s: %s, %s parameters, %d steps, %d kernels%n",
          out,
          checked.name(),
          Table.count(checked.parameterCount()),
          steps.size(),
          kernels);
    }
    o.flush();
    return 0;
  }

  private void write(Artifact artifact) throws IOException {
    if (tokenizerWeights != null && artifact.tokenizer().isEmpty()) {
      throw new BadInputException(
          Text.format(
              "--tokenizer-weights, though %s names no tokenizer", artifact.outline().name()),
          "a parameter of type Tokenizer",
          "");
    }
    try (Device device = new CpuDevice();
        WeightImageWriter own =
            weightsFile == null
                ? null
                : packed(artifact, resolved(weightsFile), device, weightsOf.wanted());
        WeightImageWriter tokenizers =
            tokenizerWeights == null
                ? null
                : tokenizers(artifact.tokenizer().orElseThrow(), own, device)) {
      artifact.write(
          out,
          Targets.ALL.stream().filter(targets::contains).toList(),
          Optional.ofNullable(own),
          Optional.ofNullable(tokenizers));
    }
  }

  private Path resolved(Path weights) {
    return CheckpointFolder.resolve(weights, WeightsConsole.of(spec.commandLine().getErr())::warn);
  }

  private WeightImageWriter packed(
      Artifact artifact, Path file, Device device, WeightsChoice wanted) {
    WeightsConsole console =
        new WeightsConsole(spec.commandLine().getErr()::println, wanted.option());
    return new WeightImageWriter(artifact, file, wanted, device, console);
  }

  /**
   * The tokenizer's weights: those that made the codes that the generator learned.
   *
   * @param generator null if its weights are not with the artifact
   * @throws BadInputException if the file has others
   */
  private WeightImageWriter tokenizers(
      Artifact tokenizer, WeightImageWriter generator, Device device) {
    Path file = resolved(tokenizerWeights);
    WeightsChoice wanted = tokenizerWeightsOf.wanted();
    String made = generator == null ? null : generator.facts().get(LearnedTokenizer.FACT);
    if (made == null) {
      return packed(tokenizer, file, device, wanted);
    }
    List<WeightsOf> candidates = wanted.candidates(file);
    return new LearnedTokenizer(made, "name the checkpoint that `lgc tokenize` used")
        .load(
            candidates,
            new WeightsConsole(spec.commandLine().getErr()::println, wanted.option()),
            (weights, told) ->
                new WeightImageWriter(tokenizer, file, wanted.of(weights), device, told));
  }

  /** The tokenizer that a generator names: its pictures are what the generator's codes are for. */
  private Optional<Artifact> tokenizer(Subject generator, CheckedModel checked) {
    if (checked.tokenizer().isEmpty()) {
      return Optional.empty();
    }
    ModelChoice choice = Tokenizer.named(generator.choice().arch(), checked.outline());
    CheckedModel named = Models.check(generator.sources(), choice, batch.samples());
    List<List<Request>> decoding =
        named.entry("decode").stream()
            .map(e -> List.<Request>of(new Request.Evaluate(e.name())))
            .toList();
    return Optional.of(
        Artifact.compile(
            choice,
            generator.sources(),
            named,
            batch.samples(),
            WeightType.F32,
            decoding,
            Optional.empty()));
  }
}
