package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.estimate.ModelDiff;
import dev.lgc.runtime.estimate.PlanReport;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.model.ModelRequests;
import dev.lgc.runtime.report.JsonText;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lgc diff}. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = {
      "Compares two models: parameters, operations, memory, shapes, and whether a "
          + "checkpoint of one fits the other.",
      "Each model is a .lgc, a checkpoint, an .arch file or a library module. #MODEL "
          + "after the name chooses one model of a file."
    },
    footer = {
      "",
      "Examples:",
      "  lgc diff b.lgc mine.lgc",
      "  lgc diff gpt.arch#Small gpt.arch#Grouped",
      "  lgc diff llamagen#ClassToImage llamagen#ClassToImage -p size=B -q size=L"
    })
final class DiffCommand implements Callable<Integer>, OneProcess.Exempt {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "A", description = "one model")
  private String a;

  @Parameters(index = "1", paramLabel = "B", description = "the other")
  private String b;

  @Option(names = "-p", paramLabel = "NAME=VALUE", description = "parameters of A")
  private Map<String, String> ofA = new LinkedHashMap<>();

  @Option(names = "-q", paramLabel = "NAME=VALUE", description = "parameters of B")
  private Map<String, String> ofB = new LinkedHashMap<>();

  @Mixin private BatchOption batch;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  @Override
  public Integer call() {
    ModelDiff diff = new ModelDiff(side(a, ofA), side(b, ofB));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonText.of(diff.json()));
    } else {
      out.print(diff.text());
    }
    out.flush();
    return 0;
  }

  private ModelDiff.Side side(String name, Map<String, String> parameters) {
    int hash = name.lastIndexOf('#');
    String file = hash < 0 ? name : name.substring(0, hash);
    String model = hash < 0 ? "" : name.substring(hash + 1);
    Consumer<String> warn = WeightsConsole.of(spec.commandLine().getErr())::warn;
    CheckedModel m = ModelArgument.of(file, model, parameters, batch.samples(), warn).check();
    MachineLimits.Known limits = MachineLimits.assumed(Devices.threads(0));
    List<List<Request>> wanted =
        List.of(ModelRequests.training(m, false), ModelRequests.inference(m, true));
    return ModelDiff.Side.of(m, PlanReport.of(m, wanted, Long.MAX_VALUE, limits));
  }
}
