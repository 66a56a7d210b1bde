package dev.lgc.compiler.graph;

import dev.lgc.compiler.op.Op;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * One SSA value. Its number is its index in {@link Graph#nodes()}; operands have smaller numbers.
 */
public record Node(Op op, List<Integer> operands, TensorType type, Origin origin) {
  public Node {
    operands = List.copyOf(operands);
  }
}
