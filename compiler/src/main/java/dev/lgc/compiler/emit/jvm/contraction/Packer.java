package dev.lgc.compiler.emit.jvm.contraction;

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
 * window.
 */
final class Packer {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  /** Steps transposed at once, so that what is written stays in the nearest cache. */
  private static final int CHUNK = 16;

  private final int divisor;
  private final int windows;
  private final int[] range;
  private final int[] modulus;
  private final boolean vectors;

  private final Line positions;
  private final Line depth;
  private final Line outer;
  private final long[][] positionStrides;
  private final long[][] depthStrides;
  private final long[][] outerStrides;
  private final long[] constants;

  Packer(Source source, java.util.List<dev.lgc.compiler.algorithm.Axis> positions, Problem p) {
    divisor = source.divisor();
    windows = source.windows().size();
    range = source.windows().stream().mapToInt(Window::range).toArray();
    modulus = source.windows().stream().mapToInt(Window::modulus).toArray();
    vectors = divisor == 1 && windows <= 2 && source.windows().stream().allMatch(Window::isPlain);
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
      Source source, java.util.List<dev.lgc.compiler.algorithm.Axis> axes) {
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

  /** Writes the tables of a range of positions at a point of the outer axes. */
  void tabulatePositions(long at, long first, int n, long table) {
    for (int t = 0; t <= windows; t++) {
      long base = constants[t] + outer.at(at, outerStrides[t]);
      positions.fill(first, n, positionStrides[t], base, table + t * bytes(n));
    }
  }

  /** Writes the tables of a range of steps. */
  void tabulateDepth(long first, int n, long table) {
    for (int t = 0; t <= windows; t++) {
      depth.fill(first, n, depthStrides[t], 0, table + t * bytes(n));
    }
  }

  /**
   * Packs panels of {@code width} positions; the last one is filled up with zeros.
   *
   * @param source address of the factor's buffer
   */
  void packWide(long source, long pos, int count, long dep, int steps, int width, long to) {
    for (int first = 0; first < count; first += width) {
      long panel = to + 4L * first * steps;
      for (int v = 0; v < width; v += LANES) {
        int n = Math.min(LANES, count - first - v);
        packVector(source, pos, count, first + v, n, dep, steps, width, panel + 4L * v);
      }
    }
  }

  /**
   * Packs panels of {@code width} positions, less than a vector; the last one is filled up with
   * zeros.
   */
  void packNarrow(long source, long pos, int count, long dep, int steps, int width, long to) {
    for (int first = 0; first < count; first += width) {
      int n = Math.min(width, count - first);
      long panel = to + 4L * first * steps;
      if (n < width) {
        Memory.zero(panel, 4L * width * steps);
      }
      if (windows == 0 && divisor == 1) {
        transpose(source, pos + 4L * first, n, dep, steps, width, panel);
      } else {
        guarded(source, pos, count, first, n, dep, steps, width, panel);
      }
    }
  }

  private void packVector(
      long source, long pos, int count, int first, int n, long dep, int steps, int width, long to) {
    if (n <= 0) {
      zero(0, steps, width, to);
    } else if (vectors && Line.isRun(pos + 4L * first, n)) {
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
    } else {
      if (n < LANES) {
        zero(0, steps, width, to);
      }
      if (windows == 0 && divisor == 1) {
        transpose(source, pos + 4L * first, n, dep, steps, width, to);
      } else {
        guarded(source, pos, count, first, n, dep, steps, width, to);
      }
    }
  }

  private static void zero(int from, int steps, int width, long to) {
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int k = from; k < steps; k++) {
      Memory.store(zero, to + 4L * k * width);
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

  /** Elements one by one, in chunks of steps; where steps are neighbours, along them. */
  private static void transpose(
      long source, long pos, int n, long dep, int steps, int width, long to) {
    for (int from = 0; from < steps; from += CHUNK) {
      int chunk = Math.min(CHUNK, steps - from);
      long d = dep + 4L * from;
      boolean run = Line.isRun(d, chunk);
      for (int i = 0; i < n; i++) {
        long start = source + 4L * Memory.getInt(pos + 4L * i);
        long out = to + 4L * ((long) from * width + i);
        if (run) {
          start += 4L * Memory.getInt(d);
          for (int k = 0; k < chunk; k++) {
            Memory.set(out + 4L * k * width, Memory.get(start + 4L * k));
          }
        } else {
          for (int k = 0; k < chunk; k++) {
            long at = start + 4L * Memory.getInt(d + 4L * k);
            Memory.set(out + 4L * k * width, Memory.get(at));
          }
        }
      }
    }
  }

  private void guarded(
      long source, long pos, int count, int first, int n, long dep, int steps, int width, long to) {
    for (int k = 0; k < steps; k++) {
      int step = Memory.getInt(dep + 4L * k);
      for (int i = 0; i < n; i++) {
        float x = 0;
        if (isOpen(pos + 4L * (first + i), bytes(count), dep + 4L * k, bytes(steps))) {
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
