package dev.lgc.compiler.op;

import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The value a stored tensor (parameter, buffer, gradient, moment, cache) has when the graph starts.
 */
public record Stored(String path, TensorType type) implements Source {
  @Override
  public TensorType infer(List<TensorType> operands) {
    return type;
  }
}
