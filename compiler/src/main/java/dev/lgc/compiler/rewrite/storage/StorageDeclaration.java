package dev.lgc.compiler.rewrite.storage;

import dev.lgc.dsl.type.TensorType;
import java.util.Optional;

/**
 * The declaration of a tensor that lives as long as the session; the planner gives it its place.
 *
 * @param type of its elements, and its shape in memory
 * @param layout of its elements in memory
 * @param part of a tensor that ranks hold together, which is this rank's own
 */
public record StorageDeclaration(
    StoredId id, TensorType type, TensorLayout layout, Optional<RankPart> part) {
  public StorageDeclaration {
    if (part.isPresent() && !part.get().type().shape().equals(layout.declared(type.shape()))) {
      throw new IllegalArgumentException(id + ": " + type + " as " + part.get());
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

  /** A rank's part of a tensor. */
  public StorageDeclaration(StoredId id, RankPart part) {
    this(id, part.type(), TensorLayout.ROW_MAJOR, Optional.of(part));
  }

  /** The rank's block, where ranks that train hold the tensor together. */
  public Optional<ParameterBlock> block() {
    return part.filter(ParameterBlock.class::isInstance).map(ParameterBlock.class::cast);
  }

  /** The name by which graphs read and write it. */
  public String name() {
    return id.name();
  }
}
