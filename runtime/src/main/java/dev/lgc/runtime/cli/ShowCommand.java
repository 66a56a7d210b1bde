package dev.lgc.runtime.cli;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.drawing.GraphDrawing;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.report.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
final class ShowCommand implements Callable<Integer>, TargetUser {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      description = "samples in a batch; by default as compiled, else 8")
  @Range(min = 1, max = RunConfig.MOST_SAMPLES)
  private Integer batch;

  @Option(
      names = "--dump",
      paramLabel = "NAME",
      split = ",",
      converter = Dumped.Converter.class,
      completionCandidates = Dumped.Names.class,
      description =
          "print a stage of the compilation, or the graphs that a pass leaves:"
              + " ${COMPLETION-CANDIDATES}")
  private List<Dumped> dump = List.of();

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
    Subject subject = model.subject(batch == null ? 0 : batch);
    CheckedModel checked = subject.check();
    boolean panels = kernels == null || kernels.readsPanels();
    List<List<Request>> purposes =
        Subject.purposes(checked, true).stream()
            .map(r -> WeightsOption.stored(r, WeightType.F32, panels))
            .toList();
    if (svg != null || html != null) {
      draw(out, checked, purposes);
    }
    if (kernels != null) {
      out.print(kernels(plans(subject, checked, purposes)));
    }
    if (!dump.isEmpty()) {
      out.print(
          Dumps.of(
              checked,
              purposes,
              Long.MAX_VALUE,
              () -> plans(subject, checked, purposes),
              dump,
              step));
    } else if (svg == null && html == null && kernels == null) {
      out.print(summary(subject, checked, purposes));
    }
    out.flush();
    return 0;
  }

  /** What was compiled, or would be. */
  private static List<ExecutionPlan> plans(
      Subject subject, CheckedModel checked, List<List<Request>> purposes) {
    return subject
        .compiled()
        .map(a -> a.plans().stream().map(a::plan).toList())
        .orElseGet(() -> Models.plans(checked, purposes, Long.MAX_VALUE));
  }

  private String kernels(List<ExecutionPlan> plans) {
    List<String> all = plans.stream().flatMap(p -> p.steps().keySet().stream()).toList();
    String only = step.isEmpty() ? "" : known(all);
    return kernels.print(
        plans, name -> only.isEmpty() || name.equals(only), Devices.settings(0), this::note);
  }

  private void note(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  private String known(Collection<String> steps) {
    if (!steps.contains(step)) {
      throw new BadInputException("step " + step, "one of " + String.join(", ", steps), "");
    }
    return step;
  }

  private void draw(PrintWriter out, CheckedModel checked, List<List<Request>> purposes)
      throws IOException {
    Collection<Graph> graphs = Dumps.graphs(checked, purposes);
    Graph graph =
        graphs.stream()
            .filter(g -> step.isEmpty() || g.name().equals(step))
            .findFirst()
            .orElseThrow(
                () ->
                    new BadInputException(
                        "step " + step,
                        "one of "
                            + graphs.stream().map(Graph::name).collect(Collectors.joining(", ")),
                        ""));
    GraphDrawing drawing = GraphDrawing.of(graph, depth);
    if (svg != null) {
      AtomicFiles.writeString(svg, drawing.svg());
      out.println(svg);
    }
    if (html != null) {
      AtomicFiles.writeString(html, drawing.html());
      out.println(html);
    }
  }

  private static String summary(Subject subject, CheckedModel m, List<List<Request>> purposes) {
    StringBuilder s = new StringBuilder();
    ModelChoice meant =
        new ModelChoice(subject.choice().arch(), m.name(), subject.choice().parameters());
    s.append(Text.format("%s, batch %d%n", meant, subject.batch()));
    s.append("fingerprint ").append(m.fingerprint()).append('\n');
    s.append("parameters ").append(Table.count(m.parameterCount())).append("\n\n");
    Table t = new Table();
    m.arguments().forEach((k, v) -> t.row("  " + k, v));
    s.append("arguments\n").append(t.text(0)).append("\nentries\n");
    for (Entry e : m.entries()) {
      String inputs =
          e.inputs().stream()
              .map(i -> i.name() + ": " + i.type())
              .collect(Collectors.joining(", "));
      s.append(
          Text.format("  %s %s(%s)%n", e.kind().name().toLowerCase(Locale.ROOT), e.name(), inputs));
    }
    s.append("\nsteps\n");
    Dumps.graphs(m, purposes)
        .forEach(g -> s.append(Text.format("  %s: %d values%n", g.name(), g.nodes().size())));
    return s.toString();
  }
}
