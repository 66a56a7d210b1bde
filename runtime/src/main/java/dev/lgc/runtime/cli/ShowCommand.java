package dev.lgc.runtime.cli;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.device.tornado.Sdk;
import dev.lgc.runtime.device.tornado.TornadoDevice;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Models;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
      "Takes a .lgc, a checkpoint, an .arch or a library module."
    },
    footer = {
      "",
      "Examples:",
      "  lgc show b.lgc",
      "  lgc show b.lgc --dump=graph --step next_token.loss",
      "  lgc show llamagen -m ClassToImage --svg b.svg --step next_token.loss --depth 2",
      "  lgc show b.lgc --dump=bytecode",
      "  lgc show b.lgc --kernels tornado --step codes.step"
    })
final class ShowCommand implements Callable<Integer>, TornadoUser {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      defaultValue = "0",
      description = "samples in a batch; as compiled, else 8, by default")
  private int batch;

  @Option(
      names = "--dump",
      paramLabel = "STAGE",
      split = ",",
      description = "stages: ${COMPLETION-CANDIDATES}")
  private List<Dumps.Stage> dump = List.of();

  @Option(
      names = "--kernels",
      paramLabel = "TARGET",
      description = {
        "kernels as this target has them: ${COMPLETION-CANDIDATES}.",
        "tornado: the OpenCL C or PTX that TornadoVM makes; without TornadoVM, its bytecode"
      })
  private Target kernels;

  /** What kernels are emitted for. */
  private enum Target {
    jvm,
    tornado
  }

  @Option(names = "--step", paramLabel = "STEP", description = "only this step's graph or kernels")
  private String step = "";

  @Option(names = "--svg", paramLabel = "FILE", description = "draw the step's graph")
  private Path svg;

  @Option(names = "--html", paramLabel = "FILE", description = "the same as a page to scroll in")
  private Path html;

  @Option(
      names = "--depth",
      paramLabel = "N",
      defaultValue = "2",
      description = "how much of a module's path one box of the drawing has; 2 by default")
  private int depth;

  @Override
  public boolean wantsTornado() {
    return kernels == Target.tornado && Sdk.isNamed(System.getenv());
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Subject subject = model.subject(batch);
    CheckedModel checked = subject.check();
    List<Request> requests = new ArrayList<>(Subject.training(checked, false));
    requests.addAll(Subject.using(checked, true));
    if (svg != null || html != null) {
      draw(out, checked, requests);
    }
    if (kernels != null) {
      out.print(kernels(subject, checked, requests));
    }
    if (!dump.isEmpty()) {
      out.print(Dumps.of(checked, requests, subject.compiled().orElse(null), dump, step));
    } else if (svg == null && html == null && kernels == null) {
      out.print(summary(subject, checked, requests));
    }
    out.flush();
    return 0;
  }

  private String kernels(Subject subject, CheckedModel checked, List<Request> requests) {
    ExecutionPlan plan = subject.compiled().orElseGet(() -> Models.plan(checked, requests));
    if (kernels == Target.jvm) {
      return Bytecode.of(plan);
    }
    List<String> steps =
        step.isEmpty() ? List.copyOf(plan.steps().keySet()) : List.of(known(plan.steps().keySet()));
    if (!TornadoDevice.isPossible()) {
      PrintWriter err = spec.commandLine().getErr();
      err.println(
          Sdk.VARIABLE + " names no TornadoVM, which makes OpenCL C or PTX of this bytecode:");
      err.flush();
      return Bytecode.tornado(plan, steps);
    }
    TornadoDevice device = Devices.tornado().getFirst();
    StringBuilder s = new StringBuilder();
    steps.forEach(name -> s.append(device.kernels(plan, name)));
    return s.toString();
  }

  private String known(Collection<String> steps) {
    if (!steps.contains(step)) {
      throw new BadInputException("step " + step, "one of " + String.join(", ", steps), "");
    }
    return step;
  }

  private void draw(PrintWriter out, CheckedModel checked, List<Request> requests)
      throws IOException {
    List<Graph> graphs = Models.graphs(checked, requests);
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

  private static String summary(Subject subject, CheckedModel m, List<Request> requests) {
    StringBuilder s = new StringBuilder();
    s.append("%s, batch %d%n".formatted(subject.choice(), subject.batch()));
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
          "  %s %s(%s)%n".formatted(e.kind().name().toLowerCase(Locale.ROOT), e.name(), inputs));
    }
    s.append("\nsteps\n");
    Models.graphs(m, requests)
        .forEach(g -> s.append("  %s: %d values%n".formatted(g.name(), g.nodes().size())));
    return s.toString();
  }
}
