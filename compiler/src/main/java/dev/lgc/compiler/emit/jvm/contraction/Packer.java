package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.kernel.product.Factor;
import dev.lgc.compiler.kernel.product.GuardWindow;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies blocks of a factor into panels: {@code panel[step][position]}, positions being those of a
 * register tile. What a window shuts out is 0, so that a convolution's patches are gathered here
 * and never exist as a whole.
 *
 * <p>An element's place is the sum of a value of its position and a value of its step, and so is
 * its place in each window; the values are in tables ({@link Line}), one of places and one for each
 * window. Tables are of 32 bits: places are counted from the first of a block, whose own place is
 * {@link #origin}.
 */
final class Packer {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  /**
   * Positions and steps transposed at once. Larger blocks are twice as fast, but their code is more
   * than C1 can take when it is to count calls, and so C2 would never get them.
   */
  private static final int BLOCK = 4;

  private final int divisor;
  private final int windows;
  private final int[] range;
  private final int[] modulus;

  /** True if vectors of elements can be copied: nothing to divide, few windows, no moduli. */
  private final boolean vectors;

  private final Transposer transposer;

  private final Line positions;
  private final Line depth;
  private final Line outer;
  private final long[][] positionStrides;
  private final long[][] depthStrides;
  private final long[][] outerStrides;
  private final long[] constants;

  Packer(Factor source, java.util.List<dev.lgc.compiler.algorithm.Axis> positions, ImplicitGemm p) {
    divisor = source.divisor();
    windows = source.windows().size();
    range = source.windows().stream().mapToInt(GuardWindow::range).toArray();
    modulus = source.windows().stream().mapToInt(GuardWindow::modulus).toArray();
    vectors =
        divisor == 1 && windows <= 2 && source.windows().stream().allMatch(GuardWindow::isPlain);
    transposer = TransposerEmitter.of(BLOCK);
    this.positions = new Line(positions);
    depth = new Line(p.depth());
    outer = new Line(p.outer());
    positionStrides = strides(source, positions);
    depthStrides = strides(source, p.depth());
    outerStrides = strides(source, p.outer());
    constants = new long[1 + windows];
    constants[0] = source.constant();
    for (int w = 0; w < windows; w++) {
      constants[1 + w] = source.windows().get(w).position().constant();
    }
  }

  private static long[][] strides(
      Factor source, java.util.List<dev.lgc.compiler.algorithm.Axis> axes) {
    long[][] strides = new long[1 + source.windows().size()][];
    strides[0] = Line.strides(axes, source::stride);
    for (int w = 0; w < source.windows().size(); w++) {
      strides[1 + w] = Line.strides(axes, source.windows().get(w).position()::stride);
    }
    return strides;
  }

  /** Bytes of the tables of {@code n} positions or steps. */
  long tableBytes(int n) {
    return (1L + windows) * bytes(n);
  }

  private static long bytes(int n) {
    // Vectors are read from any position on.
    return (4L * (n + LANES) + 63) & -64;
  }

  /** Most elements between two places that are added up in 32 bits. */
  private static final long MOST_REACH = 1 << 30;

  /** Returns true if 32 bits hold the places of blocks of so many positions and steps. */
  boolean isAddressable(int positionsOfBlock, int stepsOfBlock) {
    // A quotient is of the whole place.
    boolean whole = divisor != 1;
    return positions.reach(whole ? positions.count() : positionsOfBlock, positionStrides[0])
                + (whole ? outer.reach(outer.count(), outerStrides[0]) : 0)
            <= MOST_REACH
        && depth.reach(whole ? depth.count() : stepsOfBlock, depthStrides[0]) <= MOST_REACH
        && areWindowsAddressable();
  }

  private boolean areWindowsAddressable() {
    for (int w = 1; w <= windows; w++) {
      long reach =
          Math.abs(constants[w])
              + positions.reach(positions.count(), positionStrides[w])
              + depth.reach(depth.count(), depthStrides[w])
              + outer.reach(outer.count(), outerStrides[w]);
      if (reach > Integer.MAX_VALUE) {
        return false;
      }
    }
    return true;
  }

  /**
   * The place that a block's tables count from, in elements.
   *
   * @param at point of the outer axes
   */
  long origin(long at, long firstPosition, long firstStep) {
    return divisor != 1
        ? 0
        : constants[0]
            + outer.at(at, outerStrides[0])
            + positions.at(firstPosition, positionStrides[0])
            + depth.at(firstStep, depthStrides[0]);
  }

  /** Writes the tables of a range of positions at a point of the outer axes. */
  void tabulatePositions(long at, long first, int n, long table) {
    for (int t = 0; t <= windows; t++) {
      long base =
          t == 0 && divisor == 1
              ? -positions.at(first, positionStrides[0])
              : constants[t] + outer.at(at, outerStrides[t]);
      long to = table + t * bytes(n);
      positions.fill(first, n, positionStrides[t], base, to);
      // Whole vectors of positions are read; one that does not exist is the last one that does.
      for (int i = n; i < n + LANES; i++) {
        Memory.setInt(to + 4L * i, Memory.getInt(to + 4L * (n - 1)));
      }
    }
  }

  /** Writes the tables of a range of steps. */
  void tabulateDepth(long first, int n, long table) {
    for (int t = 0; t <= windows; t++) {
      long base = t == 0 && divisor == 1 ? -depth.at(first, depthStrides[0]) : 0;
      depth.fill(first, n, depthStrides[t], base, table + t * bytes(n));
    }
  }

  /** Bytes that packing needs for a while, for panels of up to {@code steps}. */
  long spareBytes(int steps) {
    return windows == 0 || !vectors ? 0 : bytes(LANES) + (long) LANES * bytes(steps);
  }

  /**
   * Packs panels of {@code width} positions. Where the last panel has fewer, its rest is anything,
   * and so is as much as a vector behind it.
   *
   * @param source address of the element at {@link #origin}
   * @param spare address of {@link #spareBytes}
   */
  void pack(long source, long pos, int count, long dep, int steps, int width, long to, long spare) {
    if (spareBytes(steps) > 0) {
      for (int i = 0; i < LANES; i++) {
        Memory.setInt(spare + 4L * i, (int) (i * bytes(steps) / 4));
      }
    }
    for (int first = 0; first < count; first += width) {
      long panel = to + 4L * first * steps;
      int here = Math.min(width, count - first);
      for (int v = 0; v < here; v += LANES) {
        int n = Math.min(LANES, here - v);
        long out = panel + 4L * v;
        if (!vectors) {
          elements(source, pos, count, first + v, n, dep, 0, steps, steps, width, out);
        } else if (Line.isRun(pos + 4L * (first + v), n)) {
          runs(source, pos, count, first + v, n, dep, steps, width, out);
        } else if (windows == 0) {
          transpose(source, pos, count, first + v, n, dep, steps, width, out);
        } else {
          lines(source, pos, count, first + v, n, dep, steps, width, out, spare);
        }
      }
    }
  }

  /** Positions that are neighbours: a vector of them at a time. */
  private void runs(
      long source, long pos, int count, int first, int n, long dep, int steps, int width, long to) {
    VectorMask<Float> live = FLOATS.indexInRange(0, n);
    long start = source + 4L * Memory.getInt(pos + 4L * first);
    long w0 = pos + bytes(count) + 4L * first;
    long d0 = dep + bytes(steps);
    if (windows == 0) {
      run0(start, live, dep, steps, width, to);
    } else if (windows == 1) {
      run1(start, live, w0, dep, d0, steps, width, to);
    } else {
      run2(start, live, w0, w0 + bytes(count), dep, d0, d0 + bytes(steps), steps, width, to);
    }
  }

  /** Positions that are not, without windows: where steps are neighbours, a block at a time. */
  private void transpose(
      long source, long pos, int count, int first, int n, long dep, int steps, int width, long to) {
    for (int k = 0; k < steps; k += BLOCK) {
      int some = Math.min(BLOCK, steps - k);
      long d = dep + 4L * k;
      if (Line.isRun(d, some)) {
        long start = source + 4L * Memory.getInt(d);
        blocks(start, pos + 4L * first, n, some, to + 4L * k * width, 4L * width);
      } else {
        elements(source, pos, count, first, n, dep, k, k + some, steps, width, to);
      }
    }
  }

  private void blocks(long source, long positions, int n, int steps, long to, long toStep) {
    // The last block first: it writes over its end, where the next step's first block goes.
    for (int i = (n - 1) / BLOCK * BLOCK; i >= 0; i -= BLOCK) {
      transposer.block(source, positions + 4L * i, steps, to + 4L * i, toStep);
    }
  }

  /** Positions that are not, with windows: what is open of each goes to a line of its own first. */
  private void lines(
      long source,
      long pos,
      int count,
      int first,
      int n,
      long dep,
      int steps,
      int width,
      long to,
      long spare) {
    long lines = spare + bytes(LANES);
    for (int i = 0; i < n; i++) {
      long p = pos + 4L * (first + i);
      long start = source + 4L * Memory.getInt(p);
      int w0 = Memory.getInt(p + bytes(count));
      int w1 = windows > 1 ? Memory.getInt(p + 2 * bytes(count)) : 0;
      line(start, w0, w1, dep, bytes(steps), steps, lines + i * bytes(steps));
    }
    for (int k = 0; k < steps; k += BLOCK) {
      int some = Math.min(BLOCK, steps - k);
      blocks(lines + 4L * k, spare, n, some, to + 4L * k * width, 4L * width);
    }
  }

  /** The steps of one position. */
  private void line(long start, int w0, int w1, long dep, long table, int steps, long to) {
    int range0 = range[0];
    int range1 = windows > 1 ? range[1] : 1;
    for (int k = 0; k < steps; k += LANES) {
      long d = dep + 4L * k;
      int some = Math.min(LANES, steps - k);
      VectorMask<Integer> open =
          Memory.loadInts(INTS, d + table).add(w0).compare(VectorOperators.ULT, range0);
      if (windows > 1) {
        open =
            open.and(
                Memory.loadInts(INTS, d + 2 * table).add(w1).compare(VectorOperators.ULT, range1));
      }
      open = open.and(INTS.indexInRange(0, some));
      if (Line.isRun(d, some)) {
        long at = start + 4L * Memory.getInt(d);
        Memory.store(Memory.load(FLOATS, at, open.cast(FLOATS)), to + 4L * k);
      } else {
        long bits = open.toLong();
        for (int i = 0; i < some; i++) {
          boolean isOpen = (bits >> i & 1) != 0;
          float x = isOpen ? Memory.get(start + 4L * Memory.getInt(d + 4L * i)) : 0;
          Memory.set(to + 4L * (k + i), x);
        }
      }
    }
  }

  private static void run0(
      long start, VectorMask<Float> live, long dep, int steps, int width, long to) {
    for (int k = 0; k < steps; k++) {
      long at = start + 4L * Memory.getInt(dep + 4L * k);
      Memory.store(Memory.load(FLOATS, at, live), to + 4L * k * width);
    }
  }

  private void run1(
      long start,
      VectorMask<Float> live,
      long w0,
      long dep,
      long d0,
      int steps,
      int width,
      long to) {
    IntVector place0 = Memory.loadInts(INTS, w0);
    int range0 = range[0];
    for (int k = 0; k < steps; k++) {
      long at = start + 4L * Memory.getInt(dep + 4L * k);
      VectorMask<Integer> open =
          place0.add(Memory.getInt(d0 + 4L * k)).compare(VectorOperators.ULT, range0);
      FloatVector x = Memory.load(FLOATS, at, open.cast(FLOATS).and(live));
      Memory.store(x, to + 4L * k * width);
    }
  }

  private void run2(
      long start,
      VectorMask<Float> live,
      long w0,
      long w1,
      long dep,
      long d0,
      long d1,
      int steps,
      int width,
      long to) {
    IntVector place0 = Memory.loadInts(INTS, w0);
    IntVector place1 = Memory.loadInts(INTS, w1);
    int range0 = range[0];
    int range1 = range[1];
    for (int k = 0; k < steps; k++) {
      long at = start + 4L * Memory.getInt(dep + 4L * k);
      VectorMask<Integer> open =
          place0
              .add(Memory.getInt(d0 + 4L * k))
              .compare(VectorOperators.ULT, range0)
              .and(place1.add(Memory.getInt(d1 + 4L * k)).compare(VectorOperators.ULT, range1));
      FloatVector x = Memory.load(FLOATS, at, open.cast(FLOATS).and(live));
      Memory.store(x, to + 4L * k * width);
    }
  }

  /** Elements one by one. */
  private void elements(
      long source,
      long pos,
      int count,
      int first,
      int n,
      long dep,
      int from,
      int end,
      int steps,
      int width,
      long to) {
    for (int k = from; k < end; k++) {
      int step = Memory.getInt(dep + 4L * k);
      for (int i = 0; i < n; i++) {
        float x = 0;
        if (windows == 0
            || isOpen(pos + 4L * (first + i), bytes(count), dep + 4L * k, bytes(steps))) {
          int at = Memory.getInt(pos + 4L * (first + i)) + step;
          x = Memory.get(source + 4L * (divisor == 1 ? at : at / divisor));
        }
        Memory.set(to + 4L * ((long) k * width + i), x);
      }
    }
  }

  private boolean isOpen(long pos, long nextPos, long dep, long nextDep) {
    for (int w = 0; w < windows; w++) {
      int place = Memory.getInt(pos + (w + 1) * nextPos) + Memory.getInt(dep + (w + 1) * nextDep);
      boolean open = modulus[w] == 1 ? place >= 0 && place < range[w] : place % modulus[w] == 0;
      if (!open) {
        return false;
      }
    }
    return true;
  }
}
