package dev.lgc.compiler.rewrite.storage;

import dev.lgc.dsl.type.TensorType;

/**
 * The declaration of a tensor that lives as long as the session; the planner gives it its place.
 *
 * @param type of its elements, and its shape in memory
 * @param layout of its elements in memory
 */
public record StorageDeclaration(StoredId id, TensorType type, TensorLayout layout) {
  /** A tensor that is in memory as the model declares it. */
  public StorageDeclaration(StoredId id, TensorType type) {
    this(id, type, TensorLayout.ROW_MAJOR);
  }

  /** The same, of anything but a cache. */
  public StorageDeclaration(String path, StoredId.Role role, TensorType type) {
    this(new StoredId(role, path), type);
  }

  /** The name by which graphs read and write it. */
  public String name() {
    return id.name();
  }
}
