package dev.lgc.runtime.dist;

import java.util.Arrays;
import java.util.Random;

/** Sums in a balanced tree over neighbours, by the definition. */
final class NaiveSum {
  private NaiveSum() {}

  static float[] of(float[]... terms) {
    if (terms.length == 1) {
      return terms[0];
    }
    float[] a = of(Arrays.copyOfRange(terms, 0, terms.length / 2));
    float[] b = of(Arrays.copyOfRange(terms, terms.length / 2, terms.length));
    float[] sum = new float[a.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = (float) ((double) a[i] + b[i]); // a double has digits enough to round once
    }
    return sum;
  }

  /** Numbers of all sizes, of which sums in another order have other bits. */
  static void fill(float[] x, Random random) {
    for (int i = 0; i < x.length; i++) {
      x[i] =
          switch (random.nextInt(64)) {
            case 0 -> -0f;
            case 1 -> Float.MIN_VALUE * random.nextInt(100);
            case 2 -> Float.MAX_VALUE * (random.nextFloat() - 0.5f);
            case 3 -> Float.POSITIVE_INFINITY;
            default -> (float) Math.scalb(random.nextGaussian(), random.nextInt(24) - 12);
          };
    }
  }
}
