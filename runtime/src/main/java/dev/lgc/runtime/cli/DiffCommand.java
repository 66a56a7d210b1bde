package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.estimate.PlanReport;

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
final class DiffCommand implements Callable<Integer> {
  private static final int SHOWN = 12;

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

  /** What is compared. */
  private record Side(CheckedModel model, Map<String, Storage> storage, List<PlanReport> plans) {}

  @Override
  public Integer call() {
    Side left = side(a, ofA);
    Side right = side(b, ofB);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonText.of(json(left, right)));
    } else {
      out.print(text(left, right));
    }
    out.flush();
    return 0;
  }

  private Side side(String name, Map<String, String> parameters) {
    int hash = name.lastIndexOf('#');
    String file = hash < 0 ? name : name.substring(0, hash);
    String model = hash < 0 ? "" : name.substring(hash + 1);
    CheckedModel m = Subject.of(file, model, parameters, batch.samples()).check();
    Map<String, Storage> storage = new LinkedHashMap<>();
    m.storage().stream()
        .filter(s -> s.role() != Storage.Role.FROZEN)
        .forEach(s -> storage.put(s.path(), s));
    MachineLimits.Found limits = MachineLimits.assumed(Devices.threads(0));
    List<List<Request>> wanted = List.of(Subject.training(m, false), Subject.using(m, true));
    return new Side(m, storage, PlanReport.of(m, wanted, Long.MAX_VALUE, limits));
  }

  private String text(Side l, Side r) {
    Table t = new Table().row("", l.model().name(), r.model().name(), "change");
    for (String name : union(l.model().arguments().keySet(), r.model().arguments().keySet())) {
      String x = l.model().arguments().getOrDefault(name, "-");
      String y = r.model().arguments().getOrDefault(name, "-");
      if (!x.equals(y)) {
        t.row(name, x, y);
      }
    }
    number(t, "parameters", l.model().parameterCount(), r.model().parameterCount(), "");
    for (int i = 0; i < Math.min(l.plans().size(), r.plans().size()); i++) {
      PlanReport x = l.plans().get(i);
      PlanReport y = r.plans().get(i);
      if (x.whole().isPresent() && y.whole().isPresent()) {
        String name = x.whole().get().name();
        long flops = x.whole().get().cost().operations();
        number(t, name, flops, y.whole().get().cost().operations(), "FLOP");
        number(t, "  moved", x.whole().get().cost().bytes(), y.whole().get().cost().bytes(), "B");
      }
      number(t, "memory for " + x.purpose(), x.plan().totalBytes(), y.plan().totalBytes(), "B");
      if (x.cacheBytes() + y.cacheBytes() > 0) {
        number(t, "  of it cache", x.cacheBytes(), y.cacheBytes(), "B");
      }
    }
    return t.text(0) + "\n" + compatibility(l, r);
  }

  private static void number(Table t, String name, double x, double y, String unit) {
    String change = x == y ? "same" : Text.format("%+.1f %%", 100 * (y / x - 1));
    t.row(name, Table.scaled(x, unit), Table.scaled(y, unit), x == 0 ? "" : change);
  }

  private static Set<String> union(Set<String> x, Set<String> y) {
    Set<String> all = new LinkedHashSet<>(x);
    all.addAll(y);
    return all;
  }

  /** Tensors of one side only, and those whose shapes differ. */
  private static Map<String, List<String>> shapes(Side l, Side r) {
    Map<String, List<String>> all = new LinkedHashMap<>();
    List<String> onlyLeft = new ArrayList<>();
    List<String> onlyRight = new ArrayList<>();
    List<String> differ = new ArrayList<>();
    for (String path : union(l.storage().keySet(), r.storage().keySet())) {
      Storage x = l.storage().get(path);
      Storage y = r.storage().get(path);
      if (y == null) {
        onlyLeft.add(path + " " + x.type());
      } else if (x == null) {
        onlyRight.add(path + " " + y.type());
      } else if (!x.type().equals(y.type())) {
        differ.add(path + " " + x.type() + " / " + y.type());
      }
    }
    all.put("other_shape", differ);
    all.put("only_in_a", onlyLeft);
    all.put("only_in_b", onlyRight);
    return all;
  }

  private static boolean compatible(Map<String, List<String>> shapes) {
    return shapes.values().stream().allMatch(List::isEmpty);
  }

  private static String compatibility(Side l, Side r) {
    Map<String, List<String>> shapes = shapes(l, r);
    if (compatible(shapes)) {
      return l.model().fingerprint().equals(r.model().fingerprint())
          ? "the same weights: checkpoints of one are checkpoints of the other\n"
          : "the same tensors: a run of one can start from a checkpoint of the other"
              + " (`start_from`)\n";
    }
    StringBuilder s = new StringBuilder("a checkpoint of one does not fit the other\n");
    shapes.forEach(
        (what, names) -> {
          if (!names.isEmpty()) {
            s.append(Text.format("  %s: %d%n", what.replace('_', ' '), names.size()));
            names.stream().limit(SHOWN).forEach(n -> s.append("    ").append(n).append('\n'));
            s.append(names.size() > SHOWN ? "    …\n" : "");
          }
        });
    return s.toString();
  }

  private Map<String, Object> json(Side l, Side r) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("a", json(l));
    all.put("b", json(r));
    Map<String, List<String>> shapes = shapes(l, r);
    all.put("tensors", shapes);
    all.put("same_tensors", compatible(shapes));
    all.put("same_weights", l.model().fingerprint().equals(r.model().fingerprint()));
    return all;
  }

  private static Map<String, Object> json(Side s) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", s.model().name());
    all.put("arguments", s.model().arguments());
    all.put("parameters", s.model().parameterCount());
    s.plans().forEach(p -> all.put(p.purpose(), p.json()));
    return all;
  }
}
