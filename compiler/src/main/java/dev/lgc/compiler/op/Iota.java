package dev.lgc.compiler.op;

import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * I32: each element is its position on {@code axis}; never materialised unless it is a graph's
 * output.
 */
public record Iota(int axis, TensorType type) implements Source {
  @Override
  public TensorType infer(List<TensorType> operands) {
    return type;
  }
}
