package dev.lgc.runtime.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums have the bits of additions one by one, each in double and rounded, in the tree's order. */
@Tag("pure")
final class TreeSumTest {
  private static final long SEED = Long.getLong("lgc.seed", System.nanoTime());
  private static final int[] LENGTHS = {0, 1, 3, 15, 16, 17, 63, 4095, 4096, 4097, 12_345};

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 16, 64})
  void everyLengthAndEveryPlaceOfTheResult(int terms) {
    TreeSum sum = new TreeSum(terms);
    Random random = new Random(SEED);
    for (int n : LENGTHS) {
      float[][] x = new float[terms][n];
      for (float[] term : x) {
        NaiveSum.fill(term, random);
      }
      float[] expected = NaiveSum.of(x);
      for (int inPlace = -1; inPlace < terms; inPlace += Math.max(1, terms / 3)) {
        try (Arena arena = Arena.ofConfined()) {
          long[] addresses = new long[terms];
          MemorySegment to = arena.allocate(4L * n + 4, 64).asSlice(4 * random.nextInt(2));
          for (int t = 0; t < terms; t++) {
            // Rows are seldom aligned as vectors are.
            MemorySegment s = arena.allocate(4L * n + 64, 64).asSlice(4L * random.nextInt(16));
            MemorySegment.copy(x[t], 0, s, ValueLayout.JAVA_FLOAT, 0, n);
            addresses[t] = s.address();
            to = t == inPlace ? s : to;
          }
          sum.add(addresses, to.address(), n, 1);
          for (int i = 0; i < n; i++) {
            assertEquals(
                Float.floatToIntBits(expected[i]),
                Float.floatToIntBits(to.getAtIndex(ValueLayout.JAVA_FLOAT, i)),
                "seed " + SEED + ", " + n + " elements, result in " + inPlace + ", at " + i);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 16, 64})
  void termsOfBf16AreAddedInF32(int terms) {
    TreeSum sum = new TreeSum(terms);
    Random random = new Random(SEED);
    for (int n : LENGTHS) {
      float[][] x = new float[terms][n];
      long[] addresses = new long[terms];
      try (Arena arena = Arena.ofConfined()) {
        for (int t = 0; t < terms; t++) {
          NaiveSum.fill(x[t], random);
          MemorySegment s = arena.allocate(2L * n + 64, 64).asSlice(2L * random.nextInt(16));
          for (int i = 0; i < n; i++) {
            int upper = Float.floatToRawIntBits(x[t][i]) >>> 16;
            x[t][i] = Float.intBitsToFloat(upper << 16);
            s.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) upper);
          }
          addresses[t] = s.address();
        }
        MemorySegment to = arena.allocate(4L * n, 64);
        sum.add(addresses, to.address(), n, 2);
        float[] expected = NaiveSum.of(x);
        for (int i = 0; i < n; i++) {
          assertEquals(
              Float.floatToIntBits(expected[i]),
              Float.floatToIntBits(to.getAtIndex(ValueLayout.JAVA_FLOAT, i)),
              "seed " + SEED + ", " + n + " elements, at " + i);
        }
      }
    }
  }
}
