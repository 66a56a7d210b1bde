package dev.lgc.compiler.op;

import dev.lgc.dsl.type.TensorType;
import java.util.List;

/** Every element is {@code value}; never materialised unless it is a graph's output. */
public record Fill(double value, TensorType type) implements Source {
  @Override
  public TensorType infer(List<TensorType> operands) {
    return type;
  }
}
