package dev.lgc.compiler.fuse;

import dev.lgc.compiler.graph.Origin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names, labels and origins of kernels, made from the nodes in them. */
final class KernelNames {
  private static final int PARTS = 4;

  private KernelNames() {}

  /** The ops that say most about the region, for a kernel's name: {@code sum_rsqrt_mul}. */
  static String kernel(NodeAnalysis analysis, Region r) {
    return String.join("_", ops(analysis, r));
  }

  private static List<String> ops(NodeAnalysis analysis, Region r) {
    List<String> names = new ArrayList<>();
    int total = 0;
    for (int n : r.members().keySet()) {
      if (analysis.isAlias(n) || (analysis.isMovement(n) && r.members().size() > 1)) {
        continue;
      }
      String name = analysis.node(n).op().name();
      total++;
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    if (names.isEmpty()) {
      names.add(
          r.members().isEmpty() ? "nothing" : analysis.node(r.members().lastKey()).op().name());
    }
    if (names.size() > PARTS) {
      List<String> some = new ArrayList<>(names.subList(0, PARTS - 1));
      some.add(names.getLast());
      some.add(String.valueOf(total));
      return some;
    }
    return names;
  }

  /** The name of a kernel that was several: the ops of their names, of as many as one has. */
  static String joined(List<String> kernels) {
    List<String> names = new ArrayList<>();
    for (String k : kernels) {
      for (String op : k.split("_")) {
        if (!names.contains(op) && !Character.isDigit(op.charAt(0))) {
          names.add(op);
        }
      }
    }
    return String.join("_", names.size() > PARTS ? names.subList(0, PARTS) : names)
        + "_"
        + kernels.size();
  }

  /** A label with the module of one call and the ops of several. */
  static String joined(FusedCall first, List<FusedCall> parts) {
    int ops = first.label().lastIndexOf(' ') + 1;
    String names = joined(parts.stream().map(p -> p.kernel().name()).toList());
    return first.label().substring(0, ops) + names.replace('_', '+');
  }

  /** The origin of the node that says most: in a file, in a module, a reduction, stored. */
  static Origin origin(NodeAnalysis analysis, Region r) {
    Origin best = Origin.NONE;
    int score = -1;
    for (int n : r.members().keySet()) {
      Origin o = analysis.node(n).origin();
      int s = (o.where().file().isEmpty() ? 0 : 8) + 2 * depth(o.module());
      s += analysis.isReduction(n) || analysis.isContraction(n) ? 4 : 0;
      s += r.members().get(n).stored() ? 1 : 0;
      if (s > score) {
        best = o;
        score = s;
      }
    }
    return best;
  }

  private static int depth(String module) {
    return module.isEmpty() ? 0 : 1;
  }

  /** The module that most nodes come from, and the ops: {@code norm sum+rsqrt+mul}. */
  static String label(NodeAnalysis analysis, Region r) {
    Map<String, Integer> modules = new LinkedHashMap<>();
    for (int n : r.members().keySet()) {
      String m = analysis.node(n).origin().module();
      if (!m.isEmpty()) {
        modules.merge(m, 1, Integer::sum);
      }
    }
    String module =
        modules.entrySet().stream()
            .max(Map.Entry.comparingByValue())
            .map(e -> e.getKey() + " ")
            .orElse("");
    String derived = origin(analysis, r).derivation();
    return module + (derived.isEmpty() ? "" : derived + " ") + String.join("+", ops(analysis, r));
  }
}
