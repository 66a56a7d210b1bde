package dev.lgc.runtime.memory;

import dev.lgc.dsl.text.Scaled;
import java.util.Comparator;
import java.util.Optional;

/**
 * A need of memory, compared with the bound that leaves least for it.
 *
 * @param verdict whether it fits
 * @param needs bytes that the process needs of what is bound; of a control group with a reserve, as
 *     the kernel kills who takes more
 * @param has bytes that it may have, with those it has already
 * @param own bytes of these that it has already
 * @param bound what bounds it; empty if the system says nothing, and then it fits
 */
public record MemoryFit(
    Verdict verdict, long needs, long has, long own, Optional<MemoryBound> bound) {
  /**
   * The part of the estimate that there has to be, for a peak above it. The peaks of training were
   * up to 6 % above, those of other commands up to 16 %, with pages of files, which control groups
   * do not count, and up to 8 % without them: the reserve for the heap takes the rest.
   */
  private static final double MARGIN = 1.05;

  private static final long MOST_HEAP_RESERVE = 128_000_000;

  /** The verdicts on a need. */
  public enum Verdict {
    FITS,
    /** With swapping, or with less to spare than the estimate is sure of. */
    TIGHT,
    TOO_LARGE
  }

  /** Of a need in a process that has allocated nothing of it yet. */
  public static MemoryFit of(MemoryNeed need, MemoryBounds bounds) {
    return bounds.all().stream()
        .map(b -> of(need, b, bounds.resident()))
        .min(
            Comparator.comparing(MemoryFit::verdict, Comparator.reverseOrder())
                .thenComparing(f -> f.has - f.needs))
        .orElse(new MemoryFit(Verdict.FITS, need.process(), Long.MAX_VALUE, 0, Optional.empty()));
  }

  private static MemoryFit of(MemoryNeed need, MemoryBound b, long resident) {
    // Addresses of the JVM are taken already; of its pages, those that it has touched so far.
    boolean addresses = b.kind().boundsAddresses();
    long taken = addresses ? 0 : resident;
    long needs =
        addresses
            ? need.tensors() + need.buffers()
            : Math.max(need.process(), need.tensors() + taken);
    if (b.kind() == MemoryBound.Kind.GROUP) {
      needs = (long) (needs * MARGIN) + heapReserve(); // who takes more than it has is killed
    }
    long has = b.available() + taken;
    Verdict verdict =
        needs > has + b.swap()
            ? Verdict.TOO_LARGE
            : needs > has || needs * MARGIN > has && b.kind() != MemoryBound.Kind.GROUP
                ? Verdict.TIGHT
                : Verdict.FITS;
    return new MemoryFit(verdict, needs, has, taken, Optional.of(b));
  }

  /**
   * Bytes that the heap may grow beyond what is usual, before its limit makes the JVM collect
   * garbage.
   */
  private static long heapReserve() {
    return Math.min(MOST_HEAP_RESERVE, Runtime.getRuntime().maxMemory() / 4);
  }

  /**
   * Returns true if there is room for the copy of a need beside it.
   *
   * @param bounds with what the process may have
   */
  public static boolean allowsCopy(MemoryNeed need, MemoryBounds bounds) {
    return bounds.all().stream()
        .map(b -> of(need, b, bounds.resident()))
        .allMatch(f -> allowsCopy(need.copy(), f.has - f.needs));
  }

  /** Returns true if a copy may be made where so many bytes are left. */
  public static boolean allowsCopy(long bytes, long left) {
    return bytes <= left / 2;
  }

  /** Returns true if it may be tried. */
  public boolean mayFit() {
    return verdict != Verdict.TOO_LARGE;
  }

  /**
   * The memory that there is, for people: {@code 523 MB within the limit of this container (/a/b),
   * 524 MB}.
   */
  public String there() {
    return Scaled.bytes(has) + bound.map(b -> " within " + b.text(own)).orElse("");
  }
}
