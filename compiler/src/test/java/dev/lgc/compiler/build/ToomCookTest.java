package dev.lgc.compiler.build;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class ToomCookTest {
  @Test
  void fourOutputsOfThreeTapsAreThoseOfTheLiterature() {
    ToomCook m = ToomCook.of(4, 3);
    assertEquals(
        List.of(
            List.of(4.0, 0.0, -5.0, 0.0, 1.0, 0.0),
            List.of(0.0, -4.0, -4.0, 1.0, 1.0, 0.0),
            List.of(0.0, 4.0, -4.0, -1.0, 1.0, 0.0),
            List.of(0.0, -2.0, -1.0, 2.0, 1.0, 0.0),
            List.of(0.0, 2.0, -1.0, -2.0, 1.0, 0.0),
            List.of(0.0, 4.0, 0.0, -5.0, 0.0, 1.0)),
        plain(m.input()));
    assertEquals(List.of(1 / 24.0, 1 / 12.0, 1 / 6.0), m.taps().get(3));
    assertEquals(List.of(1.0, -2.0, 4.0, -8.0), plain(m.output()).get(4));
  }

  /** Without negative zeros. */
  private static List<List<Double>> plain(List<List<Double>> matrix) {
    return matrix.stream().map(row -> row.stream().map(v -> v + 0.0).toList()).toList();
  }

  /**
   * Σ_i A[i][p] G[i][r] B[i][j] is 1 where j = p + r, else 0: in whole numbers, as every G[i][r] is
   * a multiple of 1 / d for one d.
   */
  @ParameterizedTest
  @CsvSource({"1, 1", "1, 3", "2, 2", "2, 3", "3, 2", "4, 3", "3, 4", "6, 3", "4, 5"})
  void theIdentityHoldsExactly(int outputs, int taps) {
    ToomCook m = ToomCook.of(outputs, taps);
    int points = outputs + taps - 1;
    assertEquals(points, m.input().size());
    long d = IntStream.rangeClosed(1, 2 * points).asLongStream().reduce(1, (x, y) -> x * y);
    for (int p = 0; p < outputs; p++) {
      for (int r = 0; r < taps; r++) {
        for (int j = 0; j < points; j++) {
          BigInteger sum = BigInteger.ZERO;
          for (int i = 0; i < points; i++) {
            sum =
                sum.add(
                    whole(m.output().get(i).get(p))
                        .multiply(whole(m.taps().get(i).get(r) * d))
                        .multiply(whole(m.input().get(i).get(j))));
          }
          long expected = j == p + r ? d : 0;
          assertEquals(BigInteger.valueOf(expected), sum, "output " + p + " tap " + r + " at " + j);
        }
      }
    }
  }

  /** A whole number, from a double that is one but for its rounding. */
  private static BigInteger whole(double v) {
    assertEquals(Math.rint(v), v, 1e-3);
    return BigInteger.valueOf(Math.round(v));
  }
}
