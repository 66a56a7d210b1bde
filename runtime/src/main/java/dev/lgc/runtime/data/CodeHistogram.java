package dev.lgc.runtime.data;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The number of times each code of a codebook occurs in a cache. */
public final class CodeHistogram {
  /** Codebooks up to this size have a counter for each code, larger ones for those that occur. */
  private static final int DENSE = 1 << 22;

  private final CodeCacheInfo info;
  private final long[] counts;

  private CodeHistogram(CodeCacheInfo info, long... counts) {
    this.info = info;
    this.counts = counts;
  }

  /** The histogram of a cache, which is read whole. */
  public static CodeHistogram of(CodeCache cache) {
    CodeCacheInfo info = cache.info();
    int[] one = new int[info.tokens()];
    boolean small = info.codebook() <= DENSE;
    long[] counts = new long[small ? info.codebook() : 0];
    Map<Integer, Long> sparse = new HashMap<>();
    for (int i = 0; i < info.count(); i++) {
      for (int crop = 0; crop < info.crops(); crop++) {
        cache.codes(i, crop, one);
        for (int code : one) {
          if (small) {
            counts[code]++;
          } else {
            sparse.merge(code, 1L, Long::sum);
          }
        }
      }
    }
    return new CodeHistogram(
        info, small ? counts : sparse.values().stream().mapToLong(Long::longValue).toArray());
  }

  /**
   * The entropy in nats of one code drawn at random: the cross-entropy, at most ln K, that a model
   * can reach which ignores all context.
   */
  public double entropy() {
    double total = (double) info.count() * info.crops() * info.tokens();
    double entropy = 0;
    for (long n : counts) {
      if (n > 0) {
        entropy -= n / total * Math.log(n / total);
      }
    }
    return entropy;
  }

  /** The share of the K codes that occur at all, in [0, 1]. */
  public double usage() {
    return Arrays.stream(counts).filter(n -> n > 0).count() / (double) info.codebook();
  }
}
