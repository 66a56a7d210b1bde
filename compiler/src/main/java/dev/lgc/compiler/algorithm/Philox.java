package dev.lgc.compiler.algorithm;

/**
 * Philox 4x32-10, a counter-based generator of random bits (Salmon, Moraes, Dror, Shaw: Parallel
 * random numbers: as easy as 1, 2, 3. SC 2011).
 */
public final class Philox {
  /** Multipliers of a round, and what its keys grow by. */
  public static final int M0 = 0xD2511F53;

  public static final int M1 = 0xCD9E8D57;
  public static final int W0 = 0x9E3779B9;
  public static final int W1 = 0xBB67AE85;
  public static final int ROUNDS = 10;

  private Philox() {}

  /**
   * One of the four words that belong to a counter of four words and a key of two. Allocates
   * nothing: kernels call it.
   */
  public static int word(int c0, int c1, int c2, int c3, int key0, int key1, int number) {
    int k0 = key0;
    int k1 = key1;
    int x0 = c0;
    int x1 = c1;
    int x2 = c2;
    int x3 = c3;
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = (M0 & 0xFFFFFFFFL) * (x0 & 0xFFFFFFFFL);
      long p1 = (M1 & 0xFFFFFFFFL) * (x2 & 0xFFFFFFFFL);
      int y0 = (int) (p1 >>> 32) ^ x1 ^ k0;
      int y2 = (int) (p0 >>> 32) ^ x3 ^ k1;
      x1 = (int) p1;
      x3 = (int) p0;
      x0 = y0;
      x2 = y2;
      k0 += W0;
      k1 += W1;
    }
    return switch (number) {
      case 0 -> x0;
      case 1 -> x1;
      case 2 -> x2;
      default -> x3;
    };
  }

  /** The uniform that {@link Scalar.Uniform} means, given its key of four words. */
  public static float uniform(int k0, int k1, int k2, int k3, int stream, int index) {
    return (word(index >> 2, stream, k2, k3, k0, k1, index & 3) >>> 8) * 0x1p-24f;
  }

  /** The same, of a key in an array. */
  public static float uniform(int[] key, int stream, int index) {
    return uniform(key[0], key[1], key[2], key[3], stream, index);
  }
}
