package dev.lgc.compiler.plan;

import dev.lgc.dsl.type.TensorType;

/**
 * A tensor that shall live as long as the session; the planner gives it its place.
 *
 * @param path a parameter's path, or that of the parameter it belongs to
 * @param role what it is
 * @param type of its elements, and its shape in memory
 * @param order how they follow each other
 */
public record Declared(String path, StoredTensor.Role role, TensorType type, TensorOrder order) {
  /** A tensor that is in memory as the model declares it. */
  public Declared(String path, StoredTensor.Role role, TensorType type) {
    this(path, role, type, TensorOrder.ROW_MAJOR);
  }

  /** The path a graph's {@code Stored} op uses. */
  public String key() {
    return StoredTensor.key(role, path);
  }
}
