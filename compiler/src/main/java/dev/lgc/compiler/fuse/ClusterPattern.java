package dev.lgc.compiler.fuse;

import dev.lgc.compiler.kernel.Kernel;
import java.util.BitSet;
import java.util.List;

/**
 * Calls that may become a cluster, with numbers in place of the nodes they are bound to: the calls
 * of repeated layers have equal patterns.
 *
 * @param parts in an order in which they can run
 * @param inner numbers of what no other kernel needs
 */
record ClusterPattern(List<Part> parts, BitSet inner) {
  /**
   * A kernel and what its buffers are bound to.
   *
   * @param bound numbers of the pattern
   */
  record Part(Kernel kernel, List<Integer> bound) {
    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object o) {
      return o instanceof Part p && p.kernel == kernel && p.bound.equals(bound);
    }

    @Override
    public int hashCode() {
      return 31 * System.identityHashCode(kernel) + bound.hashCode();
    }
  }

  /** Number of buffers that a kernel of all parts would have. */
  long buffers() {
    return parts.stream()
        .flatMap(p -> p.bound().stream())
        .distinct()
        .filter(n -> !inner.get(n))
        .count();
  }

  /** Returns true if another part has a value that one writes, or if it is to be in scratch. */
  boolean isRead(int writer, int number) {
    for (int p = 0; p < parts.size(); p++) {
      if (p != writer && parts.get(p).bound().contains(number)) {
        return true;
      }
    }
    return inner.get(number);
  }
}
