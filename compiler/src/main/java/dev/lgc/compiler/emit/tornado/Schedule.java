package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How a kernel is computed on an accelerator: data, chosen per kernel and device. */
public sealed interface Schedule {
  /** Elements of device memory that a call needs for itself, by type. */
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

  /**
   * A work-group per point of the space, whose items share the loops of each stage.
   *
   * @param items of a work-group, a power of two
   * @param groups started; each walks over the points that are left
   * @param stages how each is shared
   * @param spilled scratch arrays that are in device memory, a copy per group; others are in local
   *     memory
   * @param workspace for those
   */
  record Group(
      int items,
      int groups,
      List<Share> stages,
      Set<Integer> spilled,
      Map<DType, Long> workspace)
      implements Schedule {
    public Group {
      stages = List.copyOf(stages);
      spilled = Set.copyOf(spilled);
      workspace = Map.copyOf(workspace);
      if (Integer.bitCount(items) != 1) {
        throw new IllegalArgumentException(items + " items");
      }
    }
  }

  /** What the items of a group do of a stage. */
  enum Share {
    /** Every item computes the same. */
    EVERY,
    /** The first item does it. */
    ONE,
    /** Each item computes some positions of the stage's axes. */
    AXES,
    /**
     * At one position of the axes after the other, each item reduces some positions; then what they
     * have is reduced in a tree.
     */
    TOGETHER
  }
}
