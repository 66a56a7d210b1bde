package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Philox;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Random numbers for emitted kernels, see {@link dev.lgc.compiler.algorithm.Scalar.Uniform}. Public
 * only because emitted classes must reach it.
 */
public final class Uniforms {
  private static final MemorySegment MEMORY = KernelSupport.MEMORY;
  private static final long LOW = 0xFFFFFFFFL;
  private static final float SCALE = 0x1p-24f;

  /** Half a vector: as the four numbers of each counter have 32 bits, they fill a whole one. */
  private static final VectorShape SHAPE =
      VectorShape.forBitSize(Math.max(128, VectorShape.preferredShape().vectorBitSize() / 2));

  private static final VectorSpecies<Long> COUNTERS = VectorSpecies.of(long.class, SHAPE);
  private static final VectorSpecies<Float> NUMBERS = VectorSpecies.of(float.class, SHAPE);

  /** Numbers made at once. */
  private static final int BATCH = 4 * COUNTERS.length();

  private static final LongVector STEPS = LongVector.zero(COUNTERS).addIndex(1);
  private static final VectorMask<Long> ODD = VectorMask.fromLong(COUNTERS, 0b10101010);
  private static final VectorShuffle<Long> FIRST = VectorShuffle.fromOp(COUNTERS, i -> i / 2);
  private static final VectorShuffle<Long> LAST =
      VectorShuffle.fromOp(COUNTERS, i -> (i + COUNTERS.length()) / 2);

  private Uniforms() {}

  /** Writes the numbers with neighbouring indexes {@code index} … {@code index + count - 1}. */
  public static void uniforms(
      int k0, int k1, int k2, int k3, int stream, int index, int count, long address) {
    int i = 0;
    if ((index & 3) == 0) {
      for (; i + BATCH <= count; i += BATCH) {
        batch(k0, k1, k2, k3, stream, index + i, address + 4L * i);
      }
    }
    for (; i < count; i++) {
      float u = Philox.uniform(k0, k1, k2, k3, stream, index + i);
      MEMORY.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address + 4L * i, u);
    }
  }

  /** The numbers of neighbouring counters. Words of 32 bits are the low halves of lanes of 64. */
  private static void batch(int k0, int k1, int k2, int k3, int stream, int index, long address) {
    LongVector m0 = LongVector.broadcast(COUNTERS, Philox.M0).and(LOW);
    LongVector m1 = LongVector.broadcast(COUNTERS, Philox.M1).and(LOW);
    LongVector c0 = STEPS.add(index >> 2);
    LongVector c1 = LongVector.broadcast(COUNTERS, stream);
    LongVector c2 = LongVector.broadcast(COUNTERS, k2);
    LongVector c3 = LongVector.broadcast(COUNTERS, k3);
    for (int round = 0; round < Philox.ROUNDS; round++) {
      LongVector p0 = c0.and(LOW).mul(m0);
      LongVector p1 = c2.and(LOW).mul(m1);
      c0 = high(p1).lanewise(VectorOperators.XOR, c1).lanewise(VectorOperators.XOR, k0);
      c1 = p1;
      c2 = high(p0).lanewise(VectorOperators.XOR, c3).lanewise(VectorOperators.XOR, k1);
      c3 = p0;
      k0 += Philox.W0;
      k1 += Philox.W1;
    }
    // Of every counter, words 0 and 1 in one lane, 2 and 3 in another; then lanes by counter.
    LongVector even = c0.and(LOW).or(c1.lanewise(VectorOperators.LSHL, 32));
    LongVector odd = c2.and(LOW).or(c3.lanewise(VectorOperators.LSHL, 32));
    write(even.rearrange(FIRST).blend(odd.rearrange(FIRST), ODD), address);
    write(
        even.rearrange(LAST).blend(odd.rearrange(LAST), ODD), address + SHAPE.vectorBitSize() / 8);
  }

  private static LongVector high(LongVector product) {
    return product.lanewise(VectorOperators.LSHR, 32);
  }

  private static void write(LongVector words, long address) {
    ((FloatVector)
            words
                .reinterpretAsInts()
                .lanewise(VectorOperators.LSHR, 8)
                .convertShape(VectorOperators.I2F, NUMBERS, 0))
        .mul(SCALE)
        .intoMemorySegment(MEMORY, address, KernelSupport.ORDER);
  }
}
