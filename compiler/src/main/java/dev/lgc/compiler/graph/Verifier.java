package dev.lgc.compiler.graph;

import dev.lgc.compiler.op.Div;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks what every pass must keep true. */
public final class Verifier {
  private Verifier() {}

  /** The faults of a graph; empty for a sound one. */
  public static List<String> problems(Graph g) {
    List<String> problems = new ArrayList<>();
    Map<String, TensorType> stored = new HashMap<>();
    Map<String, TensorType> inputs = new HashMap<>();
    for (int i = 0; i < g.nodes().size(); i++) {
      Node n = g.node(i);
      String who = Text.format("%s %%%d %s (%s)", g.name(), i, n.op(), n.origin().where());
      for (int o : n.operands()) {
        if (o < 0 || o >= i) {
          problems.add(who + ": operand " + o + " is not earlier");
          return problems;
        }
      }
      try {
        TensorType t = n.op().infer(n.operands().stream().map(o -> g.node(o).type()).toList());
        if (!t.equals(n.type())) {
          problems.add(who + ": is " + t + ", said to be " + n.type());
        }
      } catch (IllegalArgumentException e) {
        problems.add(who + ": " + e.getMessage());
      }
      if (n.op() instanceof Div
          && !n.type().dtype().isFloat()
          && g.node(n.operands().get(1)).op() instanceof Fill f
          && f.value() <= 0) {
        problems.add(who + ": ints are divided by positive numbers only, not by " + f.value());
      }
      if (n.op() instanceof Stored s) {
        same(problems, who, stored.putIfAbsent(s.path(), s.type()), s.type());
      }
      if (n.op() instanceof Input in) {
        same(problems, who, inputs.putIfAbsent(in.input(), in.type()), in.type());
      }
    }
    g.outputs().forEach((name, v) -> exists(problems, g, "output " + name, v));
    g.updates().forEach((name, v) -> exists(problems, g, "update " + name, v));
    if (problems.isEmpty()) {
      g.updates()
          .forEach((key, v) -> same(problems, "update " + key, stored.get(key), g.node(v).type()));
    }
    return problems;
  }

  private static void same(List<String> problems, String who, TensorType before, TensorType now) {
    if (before != null && !before.equals(now)) {
      problems.add(who + ": is " + now + ", elsewhere " + before);
    }
  }

  private static void exists(List<String> problems, Graph g, String who, int value) {
    if (value < 0 || value >= g.nodes().size()) {
      problems.add(g.name() + " " + who + ": no node " + value);
    }
  }

  /** The graph itself, if nothing is wrong with it. */
  public static Graph verified(Graph g) {
    List<String> problems = problems(g);
    if (!problems.isEmpty()) {
      throw new IllegalStateException(String.join("\n", problems));
    }
    return g;
  }
}
