package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The layout of a thread's scratch memory: first a few vectors for the emitter's own use, then each
 * array.
 *
 * @param perLane whether each array has an element for every lane
 * @param width lanes
 * @param offsets bytes from the start of the thread's scratch, by scratch number
 * @param targets by number
 */
record ScratchLayout(
    boolean perLane,
    int width,
    Map<Integer, Long> offsets,
    Map<Integer, Stage.Target.Scratch> targets,
    long bytes) {
  /** Vectors for the emitter's own use. */
  static final int SPILLS = 6;

  /** Their distance. */
  static final int SPILL_BYTES = 64;

  static ScratchLayout of(Kernel kernel, boolean perLane, int width) {
    Map<Integer, Long> offsets = new HashMap<>();
    Map<Integer, Stage.Target.Scratch> targets = new HashMap<>();
    long next = SPILLS * SPILL_BYTES;
    for (Stage s : kernel.stages()) {
      if (s.target() instanceof Stage.Target.Scratch t && targets.put(t.number(), t) == null) {
        long bytes = t.elements() * t.dtype().bytes() * (perLane ? width : 1L);
        offsets.put(t.number(), next);
        next += (bytes + 63) / 64 * 64;
      }
    }
    return new ScratchLayout(
        perLane,
        width,
        Collections.unmodifiableMap(new LinkedHashMap<>(offsets)),
        Collections.unmodifiableMap(new LinkedHashMap<>(targets)),
        next);
  }
}
