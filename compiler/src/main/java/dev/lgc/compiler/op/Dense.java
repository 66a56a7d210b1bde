package dev.lgc.compiler.op;

import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * A table computed at compile time (a rotary table, say). Two are equal when type and every bit
 * are.
 *
 * @param type F32, I32 or BOOL
 * @param data row-major values; I32 and BOOL hold integers
 */
public record Dense(TensorType type, double[] data) implements Source {
  public Dense {
    if (data.length != type.shape().elements()) {
      throw new IllegalArgumentException(data.length + " values for " + type);
    }
    data = data.clone();
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    return type;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Dense d && type.equals(d.type) && Arrays.equals(data, d.data);
  }

  @Override
  public int hashCode() {
    return 31 * type.hashCode() + Arrays.hashCode(data);
  }
}
