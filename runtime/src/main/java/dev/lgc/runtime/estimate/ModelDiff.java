package dev.lgc.runtime.estimate;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Fingerprint;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The difference of two models: arguments, parameters, operations, memory, and the tensors that a
 * checkpoint of one has and the other lacks.
 */
public record ModelDiff(Side a, Side b) {
  private static final int SHOWN = 12;

  /**
   * One of the models.
   *
   * @param storage its tensors that are trained or saved, by path
   * @param plans what it takes to train and to use it, in this order
   */
  public record Side(CheckedModel model, Map<String, Storage> storage, List<PlanReport> plans) {
    /** A model with what its plans take. */
    public static Side of(CheckedModel model, List<PlanReport> plans) {
      Map<String, Storage> storage = new LinkedHashMap<>();
      model.storage().stream()
          .filter(s -> s.role() != Storage.Role.FROZEN)
          .forEach(s -> storage.put(s.path(), s));
      return new Side(model, storage, plans);
    }
  }

  /** For people: what differs, and whether a checkpoint of one fits the other. */
  public String text() {
    Table t = new Table().row("", a.model().name(), b.model().name(), "change");
    for (String name : union(a.model().arguments().keySet(), b.model().arguments().keySet())) {
      String x = a.model().arguments().getOrDefault(name, "-");
      String y = b.model().arguments().getOrDefault(name, "-");
      if (!x.equals(y)) {
        t.row(name, x, y);
      }
    }
    number(t, "parameters", a.model().parameterCount(), b.model().parameterCount(), "");
    for (int i = 0; i < Math.min(a.plans().size(), b.plans().size()); i++) {
      PlanReport x = a.plans().get(i);
      PlanReport y = b.plans().get(i);
      if (x.workload().isPresent() && y.workload().isPresent()) {
        String name = x.workload().get().name();
        long flops = x.workload().get().cost().operations();
        number(t, name, flops, y.workload().get().cost().operations(), "FLOP");
        number(
            t,
            "  moved",
            x.workload().get().cost().bytes(),
            y.workload().get().cost().bytes(),
            "B");
      }
      number(t, "memory for " + x.purpose(), x.plan().totalBytes(), y.plan().totalBytes(), "B");
      if (x.cacheBytes() + y.cacheBytes() > 0) {
        number(t, "  of it cache", x.cacheBytes(), y.cacheBytes(), "B");
      }
    }
    return t.text(0) + "\n" + compatibility(a, b);
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
      return Fingerprint.of(l.model()).equals(Fingerprint.of(r.model()))
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

  /** For scripts. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("a", json(a));
    all.put("b", json(b));
    Map<String, List<String>> shapes = shapes(a, b);
    all.put("tensors", shapes);
    all.put("same_tensors", compatible(shapes));
    all.put("same_weights", Fingerprint.of(a.model()).equals(Fingerprint.of(b.model())));
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
