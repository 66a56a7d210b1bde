package dev.lgc.runtime.dist;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Decisions and numbers that all ranks of a run share; each rank makes the same calls. */
public final class Exchange {
  private Exchange() {}

  /** True if it is true on some rank. */
  public static boolean any(Ranks ranks, boolean mine) {
    if (ranks.size() == 1) {
      return mine;
    }
    for (byte[] said : ranks.gather(new byte[] {(byte) (mine ? 1 : 0)})) {
      if (said[0] != 0) {
        return true;
      }
    }
    return false;
  }

  /** The greatest of the numbers that the ranks give. */
  public static int most(Ranks ranks, int mine) {
    return (int)
        numbers(ranks, new double[] {mine}).stream().mapToDouble(n -> n[0]).max().orElseThrow();
  }

  /** The decision of rank 0; what the others give is not looked at. */
  public static boolean ofFirst(Ranks ranks, boolean mine) {
    return ranks.size() == 1 ? mine : ranks.gather(new byte[] {(byte) (mine ? 1 : 0)})[0][0] != 0;
  }

  /** The numbers that each rank gives, by rank. */
  public static List<double[]> numbers(Ranks ranks, double[] mine) {
    if (ranks.size() == 1) {
      return List.of(mine.clone());
    }
    ByteBuffer bytes = ByteBuffer.allocate(mine.length * Double.BYTES);
    bytes.asDoubleBuffer().put(mine);
    return Arrays.stream(ranks.gather(bytes.array())).map(Exchange::numbers).toList();
  }

  private static double[] numbers(byte[] bytes) {
    double[] all = new double[bytes.length / Double.BYTES];
    ByteBuffer.wrap(bytes).asDoubleBuffer().get(all);
    return all;
  }

  /** The text that each rank gives, by rank. */
  public static List<String> texts(Ranks ranks, String mine) {
    return Arrays.stream(ranks.gather(mine.getBytes(UTF_8)))
        .map(b -> new String(b, UTF_8))
        .toList();
  }
}
