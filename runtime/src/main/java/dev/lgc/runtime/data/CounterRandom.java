package dev.lgc.runtime.data;

/**
 * Random numbers without state: each is a pure function of a seed and counters, so that what is
 * drawn for sample {@code n} does not depend on what was drawn before, by whom or on how many
 * threads.
 *
 * <p>The mixer is SplitMix64's finaliser (Steele, Lea, Flood 2014, variant 13 of Stafford), applied
 * once for each counter. It orders data and places crops; what happens inside a model is drawn by
 * Philox.
 */
public final class CounterRandom {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private CounterRandom() {}

  /** 64 random bits for {@code (seed, a)}. */
  public static long bits(long seed, long a) {
    return mix(mix(seed + GOLDEN) + (a + 1) * GOLDEN);
  }

  /** 64 random bits for {@code (seed, a, b)}. */
  public static long bits(long seed, long a, long b) {
    return bits(bits(seed, a), b);
  }

  /** Random bits as a number in {@code [0, n)}; the bias is below {@code n / 2^64}. */
  public static int below(long bits, int n) {
    return (int) Math.unsignedMultiplyHigh(bits, n);
  }

  /** Random bits as a number in {@code [0, 1)}. */
  public static double unit(long bits) {
    return (bits >>> 11) * 0x1p-53;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
