package dev.lgc.compiler.build;

import java.util.ArrayList;
import java.util.List;

/**
 * The matrices with which n outputs of a filter of k taps take n + k - 1 multiplications (Toom and
 * Cook; in networks Winograd, arXiv:1509.09308): {@code y = A ((G g) · (B x))}, where x has n + k -
 * 1 elements, and {@code y[p] = Σ g[r] x[p + r]}.
 *
 * <p>A product of polynomials is known from its values at as many points as it has coefficients:
 * here 0, 1, -1, 2, -2, … and infinity. G takes the values of g there, A those of the other factor,
 * transposed; B undoes both: row i holds the polynomial that is 0 at all other points. B and A are
 * whole numbers; the divisions are in G, which belongs to the taps.
 *
 * @param input B: [n + k - 1][n + k - 1]
 * @param taps G: [n + k - 1][k]
 * @param output A, transposed: [n + k - 1][n]
 */
record ToomCook(List<List<Double>> input, List<List<Double>> taps, List<List<Double>> output) {
  static ToomCook of(int outputs, int kernel) {
    int points = outputs + kernel - 2;
    List<List<Double>> input = new ArrayList<>();
    List<List<Double>> taps = new ArrayList<>();
    List<List<Double>> output = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      long others = 1;
      for (int j = 0; j < points; j++) {
        others *= j == i ? 1 : point(i) - point(j);
      }
      input.add(zeroAt(points, i));
      taps.add(powers(point(i), kernel, others));
      output.add(powers(point(i), outputs, 1));
    }
    input.add(zeroAt(points, points));
    taps.add(last(kernel));
    output.add(last(outputs));
    return new ToomCook(List.copyOf(input), List.copyOf(taps), List.copyOf(output));
  }

  /** 0, 1, -1, 2, -2, … */
  private static long point(int i) {
    return i % 2 == 0 ? -(i / 2) : (i + 1) / 2;
  }

  /** Coefficients of the product of {@code x - point} over all points but one. */
  private static List<Double> zeroAt(int points, int except) {
    long[] product = new long[points + 1];
    product[0] = 1;
    for (int i = 0; i < points; i++) {
      if (i != except) {
        for (int d = points; d >= 0; d--) {
          product[d] = (d > 0 ? product[d - 1] : 0) - point(i) * product[d];
        }
      }
    }
    List<Double> coefficients = new ArrayList<>();
    for (long c : product) {
      coefficients.add((double) c);
    }
    return List.copyOf(coefficients);
  }

  private static List<Double> powers(long point, int count, long divisor) {
    List<Double> powers = new ArrayList<>();
    long power = 1;
    for (int i = 0; i < count; i++) {
      powers.add((double) power / divisor);
      power *= point;
    }
    return List.copyOf(powers);
  }

  private static List<Double> last(int count) {
    List<Double> unit = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      unit.add(i == count - 1 ? 1.0 : 0.0);
    }
    return List.copyOf(unit);
  }
}
