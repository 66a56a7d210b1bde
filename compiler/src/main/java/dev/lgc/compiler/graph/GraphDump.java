package dev.lgc.compiler.graph;

import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Op;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A graph as text, one node a line:
 *
 * <pre>
 * graph next_token.loss
 * %0 = input codes : int[8, 256]
 * %7 = contract bsi,oi->bso %3 %6 : [8, 256, 768]    layers.0.attention llama.arch:31:12 grad
 * output loss = %42
 * update usage = %40
 * </pre>
 */
public final class GraphDump {
  private GraphDump() {}

  public static String dump(Graph g) {
    StringBuilder s = new StringBuilder("graph ").append(g.name()).append('\n');
    for (int i = 0; i < g.nodes().size(); i++) {
      Node n = g.node(i);
      String operands = n.operands().stream().map(o -> " %" + o).collect(Collectors.joining());
      String line = "%" + i + " = " + op(n.op()) + operands + " : " + n.type();
      s.append(line);
      String origin = origin(n.origin());
      if (!origin.isEmpty()) {
        s.repeat(' ', Math.max(2, 60 - line.length())).append(origin);
      }
      s.append('\n');
    }
    g.outputs().forEach((k, v) -> s.append(Text.format("output %s = %%%d%n", k, v)));
    g.updates().forEach((k, v) -> s.append(Text.format("update %s = %%%d%n", k, v)));
    return s.toString();
  }

  /** An op with its static arguments; types are left out, the node's says it. */
  public static String op(Op op) {
    List<String> words = new ArrayList<>(List.of(op.name()));
    for (RecordComponent c : op.getClass().getRecordComponents()) {
      if (c.getType() == TensorType.class || op instanceof Dense) {
        continue;
      }
      Object value = value(op, c);
      if (value instanceof Boolean b) {
        if (b) {
          words.add(c.getName());
        }
      } else if (!String.valueOf(value).equalsIgnoreCase(op.name())) {
        words.add(String.valueOf(value));
      }
    }
    return String.join(" ", words);
  }

  private static Object value(Op op, RecordComponent c) {
    try {
      return c.getAccessor().invoke(op);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String origin(Origin o) {
    List<String> words = new ArrayList<>();
    if (!o.module().isEmpty()) {
      words.add(o.module());
    }
    if (o.where().line() > 0) {
      words.add(o.where().toString());
    }
    if (!o.derivation().isEmpty()) {
      words.add(o.derivation());
    }
    return String.join(" ", words);
  }
}
