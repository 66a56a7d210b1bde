package dev.lgc.compiler.plan;

import dev.lgc.dsl.type.TensorType;

/**
 * A dense tensor's place. {@code offset} is in bytes from the start of the arena, a multiple of 64.
 */
public record Slot(Arena arena, long offset, TensorType type) {
  public Slot {
    if (offset < 0 || offset % 64 != 0) {
      throw new IllegalArgumentException("offset " + offset);
    }
  }

  /** Returns true if two slots have bytes in common, where GRADIENTS are the first of WORK. */
  public boolean overlaps(Slot other) {
    return region() == other.region()
        && offset < other.offset + other.type.bytes()
        && other.offset < offset + type.bytes();
  }

  /** The arena that its bytes are in. */
  Arena region() {
    return arena == Arena.GRADIENTS ? Arena.WORK : arena;
  }
}
