package dev.lgc.runtime.memory;

import dev.lgc.dsl.text.Scaled;
import dev.lgc.dsl.text.Text;

/**
 * Something that bounds how much more memory this process may take.
 *
 * @param kind what it is
 * @param where more precisely: a control group's folder; may be empty
 * @param limit bytes in all
 * @param used bytes of it that are taken and cannot be had back
 * @param swap bytes beyond the limit that may be swapped out
 */
public record MemoryBound(Kind kind, String where, long limit, long used, long swap) {

  /** The kinds of bounds on memory. */
  public enum Kind {
    /** A control group's limit, in which containers run. */
    GROUP("the limit of this container"),
    /** The shell's limit of address space, {@code ulimit -v}. */
    ADDRESS_SPACE("`ulimit -v`, the limit of address space"),
    /** The shell's limit of private memory, {@code ulimit -d}. */
    DATA("`ulimit -d`, the limit of data"),
    /**
     * The most that the system promises to programs, where it does not promise more than it has.
     */
    COMMIT("what this system commits to programs at most (vm.overcommit_memory = 2)"),
    /** The machine's memory. */
    MACHINE("the memory of this machine");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /**
     * Returns true if it bounds addresses that are asked for, false if it bounds pages that are
     * touched.
     */
    boolean boundsAddresses() {
      return this == ADDRESS_SPACE || this == DATA || this == COMMIT;
    }
  }

  /** The bound for one of several processes, of which this may bound all together. */
  MemoryBound sharedBy(int processes) {
    return switch (kind) {
      case ADDRESS_SPACE, DATA -> this; // each has its own
      case GROUP, COMMIT, MACHINE ->
          new MemoryBound(kind, where, used + available() / processes, used, swap / processes);
    };
  }

  /** Bytes that may still be taken without swapping. */
  public long available() {
    return Math.max(0, limit - used);
  }

  /** Bytes that may still be taken, some of them swapped out. */
  public long availableWithSwap() {
    return available() + swap;
  }

  /**
   * For people: {@code the limit of this container (/a/b), 500 MB, of which 30 MB are taken}.
   *
   * @param own bytes of what is taken that are this process's own
   */
  public String text(long own) {
    long others = Math.clamp(used - own, 0, limit);
    return Text.format(
        "%s%s, %s%s%s",
        kind.text,
        where.isEmpty() ? "" : " (" + where + ")",
        Scaled.bytes(limit),
        others * 100 > limit ? ", of which " + Scaled.bytes(others) + " are taken" : "",
        swap > 0 ? ", and " + Scaled.bytes(swap) + " of swap" : "");
  }
}
