package dev.lgc.compiler.op;

import dev.lgc.dsl.type.TensorType;
import java.util.List;

/** A tensor the caller hands in, by name. */
public record Input(String input, TensorType type) implements Source {
  @Override
  public TensorType infer(List<TensorType> operands) {
    return type;
  }
}
