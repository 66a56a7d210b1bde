package dev.lgc.compiler.plan;

import dev.lgc.compiler.rewrite.storage.ParameterBlock;
import dev.lgc.compiler.rewrite.storage.RankPart;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.TensorLayout;
import java.util.Optional;

/**
 * A tensor that lives as long as the session.
 *
 * @param slot where it is, with its type and its shape in memory
 * @param layout of its elements there
 * @param part of a tensor that ranks hold together, which is this rank's own
 */
public record StoredTensor(StoredId id, Slot slot, TensorLayout layout, Optional<RankPart> part) {
  /** A tensor that every rank has whole. */
  public StoredTensor(StoredId id, Slot slot, TensorLayout layout) {
    this(id, slot, layout, Optional.empty());
  }

  /** The rank's block, where ranks that train hold the tensor together. */
  public Optional<ParameterBlock> block() {
    return part.filter(ParameterBlock.class::isInstance).map(ParameterBlock.class::cast);
  }

  /** Its role. */
  public StoredId.Role role() {
    return id.role();
  }

  /** The path of the parameter that it is or belongs to, or of the cache. */
  public String path() {
    return id.path();
  }

  /** The name by which it is read and written, in files too. */
  public String name() {
    return id.name();
  }
}
