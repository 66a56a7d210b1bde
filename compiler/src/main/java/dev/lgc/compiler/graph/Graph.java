package dev.lgc.compiler.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A computation as SSA values.
 *
 * @param name e.g. {@code next_token.gradients}
 * @param nodes in topological order
 * @param outputs results handed to the caller, by name
 * @param updates stored tensors that get a new value when the computation ends, by path; reads of
 *     {@code Stored} see the old value
 */
public record Graph(
    String name, List<Node> nodes, Map<String, Integer> outputs, Map<String, Integer> updates) {
  public Graph {
    nodes = List.copyOf(nodes);
    outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    updates = Collections.unmodifiableMap(new LinkedHashMap<>(updates));
    for (int i = 0; i < nodes.size(); i++) {
      for (int o : nodes.get(i).operands()) {
        if (o < 0 || o >= i) {
          throw new IllegalArgumentException("node " + i + " uses " + o + " in " + name);
        }
      }
    }
  }

  public Node node(int value) {
    return nodes.get(value);
  }
}
