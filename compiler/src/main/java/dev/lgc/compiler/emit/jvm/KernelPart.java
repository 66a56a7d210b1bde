package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.kernel.Kernel;
import java.util.List;

/**
 * A part of a kernel that runs by itself at a point of the kernel's space.
 *
 * @param kernel what it does; its space is not the whole kernel's
 * @param places where its buffers are
 */
record KernelPart(Kernel kernel, List<Place> places) {
  KernelPart {
    places = List.copyOf(places);
  }

  /** The place of a buffer of a part. */
  sealed interface Place {
    /**
     * In a buffer of the whole kernel.
     *
     * @param strides bytes per position of each axis of the whole kernel's space
     */
    record Argument(int buffer, List<Long> strides) implements Place {}

    /**
     * A local or scratch array of the whole kernel, in the thread's memory.
     *
     * @param bytes its size
     */
    record Kept(int local, long bytes) implements Place {}

    /** The current position on an axis of the whole kernel's space, by its place there. */
    record Position(int axis) implements Place {}
  }
}
