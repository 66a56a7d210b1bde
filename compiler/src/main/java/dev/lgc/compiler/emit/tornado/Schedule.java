package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.type.DType;
import java.util.Map;

/** How a kernel is computed on an accelerator: data, chosen per kernel and device. */
public sealed interface Schedule {
  /** Elements of memory that a call needs for itself, by type. */
  default Map<DType, Long> workspace() {
    return Map.of();
  }

  /**
   * A work-item per point of the space, which runs the stages one after the other.
   *
   * @param items of a work-group
   * @param groups started; each walks over the points that are left
   */
  record Points(int items, int groups) implements Schedule {}
}
