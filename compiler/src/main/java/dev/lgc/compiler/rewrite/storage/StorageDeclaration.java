package dev.lgc.compiler.rewrite.storage;

import dev.lgc.dsl.type.TensorType;
import java.util.Optional;

/**
 * The declaration of a tensor that lives as long as the session; the planner gives it its place.
 *
 * @param type of its elements, and its shape in memory
 * @param layout of its elements in memory
 * @param block of a tensor that ranks hold together, of which this is a rank's own part
 */
public record StorageDeclaration(
    StoredId id, TensorType type, TensorLayout layout, Optional<ParameterBlock> block) {
  public StorageDeclaration {
    if (block.isPresent() && !block.get().type().equals(type)) {
      throw new IllegalArgumentException(id + ": " + type + " as " + block.get());
    }
  }

  /** A tensor that every rank has whole. */
  public StorageDeclaration(StoredId id, TensorType type, TensorLayout layout) {
    this(id, type, layout, Optional.empty());
  }

  /** A tensor that is in memory as the model declares it. */
  public StorageDeclaration(StoredId id, TensorType type) {
    this(id, type, TensorLayout.ROW_MAJOR);
  }

  /** The same, of anything but a cache. */
  public StorageDeclaration(String path, StoredId.Role role, TensorType type) {
    this(new StoredId(role, path), type);
  }

  /** A rank's block of a tensor. */
  public StorageDeclaration(StoredId id, ParameterBlock block) {
    this(id, block.type(), TensorLayout.ROW_MAJOR, Optional.of(block));
  }

  /** The name by which graphs read and write it. */
  public String name() {
    return id.name();
  }
}
