package dev.lgc.runtime.tune;

import dev.lgc.runtime.tensor.Tensor;
import java.util.random.RandomGenerator;

/** Values that every model and every kernel can take, to time them with. */
public final class TrialValues {
  private TrialValues() {}

  /** Fills a tensor: small indexes, positive numbers below one. */
  public static void fill(Tensor x, RandomGenerator random) {
    boolean real = x.type().dtype().isFloat();
    for (long i = 0; i < x.elements(); i++) {
      x.set(i, real ? 0.05 + 0.9 * random.nextFloat() : random.nextInt(2));
    }
  }
}
