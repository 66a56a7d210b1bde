package dev.lgc.runtime.dist;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sum of tensors of F32, or of BF16 in F32, in a balanced binary tree over neighbours: {@code
 * ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))}. Each element is added by itself, so a tensor may be
 * cut anywhere.
 *
 * <p>A block of elements goes through the whole tree before the next, so partial sums stay in the
 * cache. One thread at a time may use it.
 */
final class TreeSum {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Elements of a block: two partial sums of each level, and the terms, fit into L2. */
  private static final int BLOCK = 4096;

  private static final int MOST_LEVELS = 31;

  /** Two blocks for each level of the tree. */
  private final MemorySegment partial;

  /** Blocks of the terms that are added at once, where terms are BF16. */
  private final MemorySegment widened = Arena.ofAuto().allocate(4L * 4 * BLOCK, 64);

  /** For sums of at most so many terms. */
  TreeSum(int terms) {
    int levels = Math.min(MOST_LEVELS, 32 - Integer.numberOfLeadingZeros(terms));
    partial = Arena.ofAuto().allocate(2L * levels * 4 * BLOCK, 64);
  }

  /**
   * Adds tensors.
   *
   * @param terms their addresses; a power of two of them
   * @param to address of the sum; may be that of a term of F32, and overlaps none otherwise
   * @param widening 2 for terms of BF16, 1 for F32
   */
  void add(long[] terms, long to, long elements, int widening) {
    boolean narrow = widening == 2;
    for (long done = 0; done < elements; done += BLOCK) {
      int n = (int) Math.min(BLOCK, elements - done);
      Terms block = new Terms(terms, narrow, done, n);
      add(block, 0, terms.length, to + 4 * done, 0);
    }
  }

  /** A block of every term. */
  private record Terms(long[] addresses, boolean narrow, long first, int n) {}

  /** The address of a term's block, in F32. */
  private long term(Terms x, int term) {
    if (!x.narrow) {
      return x.addresses[term] + 4 * x.first;
    }
    long to = widened.address() + 4L * BLOCK * (term % 4);
    Bf16.widen(x.addresses[term] + 2 * x.first, to, x.n);
    return to;
  }

  private void add(Terms x, int first, int count, long to, int level) {
    int n = x.n;
    switch (count) {
      case 1 -> MemorySegment.copy(ALL, term(x, first), ALL, to, 4L * n);
      case 2 -> addTwo(term(x, first), term(x, first + 1), to, n);
      case 4 ->
          addFour(
              term(x, first), term(x, first + 1), term(x, first + 2), term(x, first + 3), to, n);
      default -> {
        // Neither half may be left in the result: it may be a term of the other.
        long left = partial.address() + 8L * level * BLOCK;
        long right = left + 4L * BLOCK;
        add(x, first, count / 2, left, level + 1);
        add(x, first + count / 2, count / 2, right, level + 1);
        addTwo(left, right, to, n);
      }
    }
  }

  private static void addTwo(long a, long b, long to, int n) {
    int whole = FLOATS.loopBound(n);
    long end = 4L * whole;
    for (long i = 0; i < end; i += 4L * FLOATS.length()) {
      load(a + i).add(load(b + i)).intoMemorySegment(ALL, to + i, ORDER);
    }
    if (whole < n) {
      VectorMask<Float> live = FLOATS.indexInRange(whole, n);
      load(a + end, live).add(load(b + end, live)).intoMemorySegment(ALL, to + end, ORDER, live);
    }
  }

  private static void addFour(long a, long b, long c, long d, long to, int n) {
    int whole = FLOATS.loopBound(n);
    long end = 4L * whole;
    for (long i = 0; i < end; i += 4L * FLOATS.length()) {
      FloatVector left = load(a + i).add(load(b + i));
      left.add(load(c + i).add(load(d + i))).intoMemorySegment(ALL, to + i, ORDER);
    }
    if (whole < n) {
      VectorMask<Float> live = FLOATS.indexInRange(whole, n);
      FloatVector left = load(a + end, live).add(load(b + end, live));
      FloatVector right = load(c + end, live).add(load(d + end, live));
      left.add(right).intoMemorySegment(ALL, to + end, ORDER, live);
    }
  }

  private static FloatVector load(long at) {
    return FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER);
  }

  private static FloatVector load(long at, VectorMask<Float> live) {
    return FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER, live);
  }
}
