package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.drawing.GraphDrawing;
import dev.lgc.runtime.dump.CompilationDump;
import dev.lgc.runtime.dump.ModelSummary;
import dev.lgc.runtime.dump.StepGraphs;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.model.ModelRequests;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc show}. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = {
      "Shows any stage of a compilation, as text or as a drawing.",
      "Accepts a .lgc, a checkpoint, an .arch file or a library module."
    },
    footer = {
      "",
      "Examples:",
      "  lgc show b.lgc",
      "  lgc show b.lgc --dump=graph --step next_token.loss",
      "  lgc show llamagen -m ClassToImage --svg b.svg --step next_token.loss --depth 2",
      "  lgc show b.lgc --dump=bytecode",
      "  lgc show b.lgc --kernels ${bundle:other-target} --step codes.step"
    })
final class ShowCommand implements Callable<Integer>, OneProcess.Exempt, TargetUser {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      description = "samples in a batch; by default as compiled, else 8")
  @Range(min = 1, max = RunConfig.MOST_SAMPLES)
  private Integer batch;

  @Mixin private DumpOption dump;

  @Option(
      names = "--kernels",
      paramLabel = "TARGET",
      converter = TargetOption.Converter.class,
      completionCandidates = TargetOption.Names.class,
      description = {
        "print the kernels of this target: ${COMPLETION-CANDIDATES}.",
        "${bundle:target-kernels}"
      })
  private Target kernels;

  @Option(
      names = "--step",
      paramLabel = "STEP",
      description = "only this step: its graphs, drawing, and kernels of --kernels")
  private String step = "";

  @Output
  @Option(names = "--svg", paramLabel = "FILE", description = "draw the step's graph")
  private Path svg;

  @Output
  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "draw the same graph into a page that scrolls")
  private Path html;

  @Option(
      names = "--depth",
      paramLabel = "N",
      defaultValue = "2",
      description = "number of path elements that one box of the drawing stands for; 2 by default")
  @Range(min = 0, max = 100)
  private int depth;

  @Override
  public List<Target> targets() {
    return Stream.ofNullable(kernels).filter(Target::isInstalled).toList();
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    ModelArgument argument = model.argument(batch == null ? 0 : batch);
    CheckedModel checked = argument.check();
    boolean packed = kernels == null || kernels.readsPackedWeights();
    List<List<Request>> purposes =
        ModelRequests.purposes(checked, true).stream()
            .map(r -> ModelRequests.stored(r, WeightType.F32, packed))
            .toList();
    if (svg != null || html != null) {
      draw(out, GraphDrawing.of(StepGraphs.of(checked, purposes).get(step), depth));
    }
    if (kernels != null) {
      out.print(kernels(argument.plans(checked, purposes)));
    }
    if (dump.given()) {
      out.print(
          dump.text(
              new CompilationDump(
                  checked, purposes, Long.MAX_VALUE, () -> argument.plans(checked, purposes)),
              step));
    } else if (svg == null && html == null && kernels == null) {
      out.print(ModelSummary.of(argument, checked, purposes));
    }
    out.flush();
    return 0;
  }

  private String kernels(List<ExecutionPlan> plans) {
    List<String> all = plans.stream().flatMap(p -> p.steps().keySet().stream()).toList();
    String only = step.isEmpty() ? "" : StepGraphs.requireStep(step, all);
    return kernels.print(
        plans, name -> only.isEmpty() || name.equals(only), Devices.settings(0), this::note);
  }

  private void note(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  private void draw(PrintWriter out, GraphDrawing drawing) throws IOException {
    if (svg != null) {
      AtomicFiles.writeString(svg, drawing.svg());
      out.println(svg);
    }
    if (html != null) {
      AtomicFiles.writeString(html, drawing.html());
      out.println(html);
    }
  }
}
