package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Philox;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Random numbers for emitted kernels, see {@link dev.lgc.compiler.algorithm.Scalar.Uniform}. Public
 * only because emitted classes must reach it.
 */
public final class Uniforms {
  private static final MemorySegment MEMORY = KernelSupport.MEMORY;
  private static final long LOW = 0xFFFFFFFFL;
  private static final float SCALE = 0x1p-24f;

  private static final VectorSpecies<Long> COUNTERS = LongVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Float> NUMBERS = FloatVector.SPECIES_PREFERRED;

  /** Numbers made at once: each counter has two lanes, and each lane gives two numbers. */
  private static final int BATCH = NUMBERS.length();

  private static final LongVector STEPS =
      LongVector.zero(COUNTERS).addIndex(1).lanewise(VectorOperators.LSHR, 1);

  private static final VectorMask<Long> LAST_WORDS = VectorMask.fromLong(COUNTERS, 0b10101010);

  private Uniforms() {}

  /**
   * Writes the numbers with neighbouring indexes {@code index} … {@code index + count - 1}. In one
   * method, which is too long for C2 to make it part of a kernel: the kernel's own vectors would
   * become objects.
   */
  public static void uniforms(
      int k0, int k1, int k2, int k3, int stream, int index, int count, long address) {
    int i = 0;
    // Words of 32 bits are the low halves of lanes of 64.
    LongVector m0 = LongVector.broadcast(COUNTERS, Philox.M0).and(LOW);
    LongVector m1 = LongVector.broadcast(COUNTERS, Philox.M1).and(LOW);
    for (; (index & 3) == 0 && i + BATCH <= count; i += BATCH) {
      LongVector c0 = STEPS.add((index + i) >> 2);
      LongVector c1 = LongVector.broadcast(COUNTERS, stream);
      LongVector c2 = LongVector.broadcast(COUNTERS, k2);
      LongVector c3 = LongVector.broadcast(COUNTERS, k3);
      int r0 = k0;
      int r1 = k1;
      for (int round = 0; round < Philox.ROUNDS; round++) {
        LongVector p0 = c0.and(LOW).mul(m0);
        LongVector p1 = c2.and(LOW).mul(m1);
        c0 = high(p1).lanewise(VectorOperators.XOR, c1).lanewise(VectorOperators.XOR, r0);
        c1 = p1;
        c2 = high(p0).lanewise(VectorOperators.XOR, c3).lanewise(VectorOperators.XOR, r1);
        c3 = p0;
        r0 += Philox.W0;
        r1 += Philox.W1;
      }
      // A counter's first lane has its words 0 and 1, its second the others.
      c0.and(LOW)
          .blend(c2.and(LOW), LAST_WORDS)
          .or(c1.blend(c3, LAST_WORDS).lanewise(VectorOperators.LSHL, 32))
          .reinterpretAsInts()
          .lanewise(VectorOperators.LSHR, 8)
          .convertShape(VectorOperators.I2F, NUMBERS, 0)
          .reinterpretAsFloats()
          .mul(SCALE)
          .intoMemorySegment(MEMORY, address + 4L * i, KernelSupport.ORDER);
    }
    for (; i < count; i++) {
      float u = Philox.uniform(k0, k1, k2, k3, stream, index + i);
      MEMORY.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address + 4L * i, u);
    }
  }

  private static LongVector high(LongVector product) {
    return product.lanewise(VectorOperators.LSHR, 32);
  }
}
