package dev.lgc.compiler.emit.jvm.contraction;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops of {@link RowContraction}. All give an element the same bits: a dot product has
 * one accumulator of as many lanes as the machine's vectors, added up as a tree; a scaled sum adds
 * step by step. The accumulators are written out as variables: C2 keeps those in registers, and an
 * array of them not.
 */
final class RowKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  static final int LANES = FLOATS.length();

  private static final VectorShuffle<Float> HALF = rotation(LANES / 2);
  private static final VectorShuffle<Float> QUARTER = rotation(LANES / 4);
  private static final VectorShuffle<Float> EIGHTH = rotation(LANES / 8);
  private static final VectorShuffle<Float> SIXTEENTH = rotation(LANES / 16);

  private RowKernels() {}

  private static VectorShuffle<Float> rotation(int by) {
    return VectorShuffle.fromOp(FLOATS, i -> (i + by) % LANES);
  }

  /** The sum of the lanes, as a tree. */
  private static float sum(FloatVector v) {
    FloatVector x = v.add(v.rearrange(HALF));
    if (LANES >= 4) {
      x = x.add(x.rearrange(QUARTER));
    }
    if (LANES >= 8) {
      x = x.add(x.rearrange(EIGHTH));
    }
    if (LANES >= 16) {
      x = x.add(x.rearrange(SIXTEENTH));
    }
    return x.lane(0);
  }

  private static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(FLOATS, Memory.ALL, address, Memory.ORDER);
  }

  private static FloatVector load(long address, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, Memory.ALL, address, Memory.ORDER, mask);
  }

  private static FloatVector splat(long address) {
    return FloatVector.broadcast(FLOATS, Memory.get(address));
  }

  /**
   * Adds up the sums of four columns of a row; {@code table} has the columns' places in C. In a
   * method of its own, for C2 does not inline so many of them beside the loops, and then makes an
   * object of every vector.
   */
  static void put(long c, long table, long sums) {
    for (int j = 0; j < 4; j++) {
      Memory.set(c + 4L * Memory.getInt(table + 4L * j), sum(load(sums + 4L * j * LANES)));
    }
  }

  /** One element. */
  static float dot(long a, long b, int depth) {
    FloatVector s = FloatVector.zero(FLOATS);
    long k = 0;
    long whole = 4L * FLOATS.loopBound(depth);
    for (; k < whole; k += 4L * LANES) {
      s = load(a + k).fma(load(b + k), s);
    }
    if (k < 4L * depth) {
      VectorMask<Float> rest = FLOATS.indexInRange(0, depth - (int) (k / 4));
      s = load(a + k, rest).fma(load(b + k, rest), s);
    }
    return sum(s);
  }

  /** 1 row by 4 columns; the four vectors of {@code sums} are still to be added up. */
  static void dot1x4(long a0, long b0, long b1, long b2, long b3, int depth, long sums) {
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = FloatVector.zero(FLOATS);
    FloatVector s02 = FloatVector.zero(FLOATS);
    FloatVector s03 = FloatVector.zero(FLOATS);
    long k = 0;
    long whole = 4L * FLOATS.loopBound(depth);
    for (; k < whole; k += 4L * LANES) {
      FloatVector x0 = load(a0 + k);
      FloatVector y0 = load(b0 + k);
      s00 = x0.fma(y0, s00);
      FloatVector y1 = load(b1 + k);
      s01 = x0.fma(y1, s01);
      FloatVector y2 = load(b2 + k);
      s02 = x0.fma(y2, s02);
      FloatVector y3 = load(b3 + k);
      s03 = x0.fma(y3, s03);
    }
    if (k < 4L * depth) {
      VectorMask<Float> rest = FLOATS.indexInRange(0, depth - (int) (k / 4));
      FloatVector x0 = load(a0 + k, rest);
      FloatVector y0 = load(b0 + k, rest);
      s00 = x0.fma(y0, s00);
      FloatVector y1 = load(b1 + k, rest);
      s01 = x0.fma(y1, s01);
      FloatVector y2 = load(b2 + k, rest);
      s02 = x0.fma(y2, s02);
      FloatVector y3 = load(b3 + k, rest);
      s03 = x0.fma(y3, s03);
    }
    Memory.store(s00, sums + 0L * LANES);
    Memory.store(s01, sums + 4L * LANES);
    Memory.store(s02, sums + 8L * LANES);
    Memory.store(s03, sums + 12L * LANES);
  }

  /**
   * 2 rows by 4 columns; the eight vectors of {@code sums} are still to be added up. Four rows
   * would be more than C2 inlines, and are slower than two times two.
   */
  static void dot2x4(long a0, long a1, long b0, long b1, long b2, long b3, int depth, long sums) {
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = FloatVector.zero(FLOATS);
    FloatVector s02 = FloatVector.zero(FLOATS);
    FloatVector s03 = FloatVector.zero(FLOATS);
    FloatVector s10 = FloatVector.zero(FLOATS);
    FloatVector s11 = FloatVector.zero(FLOATS);
    FloatVector s12 = FloatVector.zero(FLOATS);
    FloatVector s13 = FloatVector.zero(FLOATS);
    long k = 0;
    long whole = 4L * FLOATS.loopBound(depth);
    for (; k < whole; k += 4L * LANES) {
      FloatVector x0 = load(a0 + k);
      FloatVector x1 = load(a1 + k);
      FloatVector y0 = load(b0 + k);
      s00 = x0.fma(y0, s00);
      s10 = x1.fma(y0, s10);
      FloatVector y1 = load(b1 + k);
      s01 = x0.fma(y1, s01);
      s11 = x1.fma(y1, s11);
      FloatVector y2 = load(b2 + k);
      s02 = x0.fma(y2, s02);
      s12 = x1.fma(y2, s12);
      FloatVector y3 = load(b3 + k);
      s03 = x0.fma(y3, s03);
      s13 = x1.fma(y3, s13);
    }
    if (k < 4L * depth) {
      VectorMask<Float> rest = FLOATS.indexInRange(0, depth - (int) (k / 4));
      FloatVector x0 = load(a0 + k, rest);
      FloatVector x1 = load(a1 + k, rest);
      FloatVector y0 = load(b0 + k, rest);
      s00 = x0.fma(y0, s00);
      s10 = x1.fma(y0, s10);
      FloatVector y1 = load(b1 + k, rest);
      s01 = x0.fma(y1, s01);
      s11 = x1.fma(y1, s11);
      FloatVector y2 = load(b2 + k, rest);
      s02 = x0.fma(y2, s02);
      s12 = x1.fma(y2, s12);
      FloatVector y3 = load(b3 + k, rest);
      s03 = x0.fma(y3, s03);
      s13 = x1.fma(y3, s13);
    }
    Memory.store(s00, sums + 0L * LANES);
    Memory.store(s01, sums + 4L * LANES);
    Memory.store(s02, sums + 8L * LANES);
    Memory.store(s03, sums + 12L * LANES);
    Memory.store(s10, sums + 16L * LANES);
    Memory.store(s11, sums + 20L * LANES);
    Memory.store(s12, sums + 24L * LANES);
    Memory.store(s13, sums + 28L * LANES);
  }

  /** 1 rows by 4 vectors of columns. */
  static void sum1x4(long a0, long stepA, long b, long stepB, int depth, long c0) {
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = FloatVector.zero(FLOATS);
    FloatVector s02 = FloatVector.zero(FLOATS);
    FloatVector s03 = FloatVector.zero(FLOATS);
    long y = b;
    long k = 0;
    for (long n = 0; n < depth; n++) {
      FloatVector y0 = load(y + 0L * LANES);
      FloatVector y1 = load(y + 4L * LANES);
      FloatVector y2 = load(y + 8L * LANES);
      FloatVector y3 = load(y + 12L * LANES);
      FloatVector x0 = splat(a0 + k);
      s00 = x0.fma(y0, s00);
      s01 = x0.fma(y1, s01);
      s02 = x0.fma(y2, s02);
      s03 = x0.fma(y3, s03);
      k += stepA;
      y += stepB;
    }
    Memory.store(s00, c0 + 0L * LANES);
    Memory.store(s01, c0 + 4L * LANES);
    Memory.store(s02, c0 + 8L * LANES);
    Memory.store(s03, c0 + 12L * LANES);
  }

  /** 4 rows by 4 vectors of columns. */
  static void sum4x4(
      long a0,
      long a1,
      long a2,
      long a3,
      long stepA,
      long b,
      long stepB,
      int depth,
      long c0,
      long c1,
      long c2,
      long c3) {
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = FloatVector.zero(FLOATS);
    FloatVector s02 = FloatVector.zero(FLOATS);
    FloatVector s03 = FloatVector.zero(FLOATS);
    FloatVector s10 = FloatVector.zero(FLOATS);
    FloatVector s11 = FloatVector.zero(FLOATS);
    FloatVector s12 = FloatVector.zero(FLOATS);
    FloatVector s13 = FloatVector.zero(FLOATS);
    FloatVector s20 = FloatVector.zero(FLOATS);
    FloatVector s21 = FloatVector.zero(FLOATS);
    FloatVector s22 = FloatVector.zero(FLOATS);
    FloatVector s23 = FloatVector.zero(FLOATS);
    FloatVector s30 = FloatVector.zero(FLOATS);
    FloatVector s31 = FloatVector.zero(FLOATS);
    FloatVector s32 = FloatVector.zero(FLOATS);
    FloatVector s33 = FloatVector.zero(FLOATS);
    long y = b;
    long k = 0;
    for (long n = 0; n < depth; n++) {
      FloatVector y0 = load(y + 0L * LANES);
      FloatVector y1 = load(y + 4L * LANES);
      FloatVector y2 = load(y + 8L * LANES);
      FloatVector y3 = load(y + 12L * LANES);
      FloatVector x0 = splat(a0 + k);
      s00 = x0.fma(y0, s00);
      s01 = x0.fma(y1, s01);
      s02 = x0.fma(y2, s02);
      s03 = x0.fma(y3, s03);
      FloatVector x1 = splat(a1 + k);
      s10 = x1.fma(y0, s10);
      s11 = x1.fma(y1, s11);
      s12 = x1.fma(y2, s12);
      s13 = x1.fma(y3, s13);
      FloatVector x2 = splat(a2 + k);
      s20 = x2.fma(y0, s20);
      s21 = x2.fma(y1, s21);
      s22 = x2.fma(y2, s22);
      s23 = x2.fma(y3, s23);
      FloatVector x3 = splat(a3 + k);
      s30 = x3.fma(y0, s30);
      s31 = x3.fma(y1, s31);
      s32 = x3.fma(y2, s32);
      s33 = x3.fma(y3, s33);
      k += stepA;
      y += stepB;
    }
    Memory.store(s00, c0 + 0L * LANES);
    Memory.store(s01, c0 + 4L * LANES);
    Memory.store(s02, c0 + 8L * LANES);
    Memory.store(s03, c0 + 12L * LANES);
    Memory.store(s10, c1 + 0L * LANES);
    Memory.store(s11, c1 + 4L * LANES);
    Memory.store(s12, c1 + 8L * LANES);
    Memory.store(s13, c1 + 12L * LANES);
    Memory.store(s20, c2 + 0L * LANES);
    Memory.store(s21, c2 + 4L * LANES);
    Memory.store(s22, c2 + 8L * LANES);
    Memory.store(s23, c2 + 12L * LANES);
    Memory.store(s30, c3 + 0L * LANES);
    Memory.store(s31, c3 + 4L * LANES);
    Memory.store(s32, c3 + 8L * LANES);
    Memory.store(s33, c3 + 12L * LANES);
  }

  /** One row by one vector of columns, of which {@code live} exist. */
  static void sum(long a, long stepA, long b, long stepB, int depth, long c, int live) {
    VectorMask<Float> mask = FLOATS.indexInRange(0, live);
    FloatVector s = FloatVector.zero(FLOATS);
    long k = 0;
    long y = b;
    for (long n = 0; n < depth; n++) {
      s = splat(a + k).fma(load(y, mask), s);
      k += stepA;
      y += stepB;
    }
    Memory.store(s, c, mask);
  }
}
