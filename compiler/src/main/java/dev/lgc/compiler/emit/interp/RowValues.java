package dev.lgc.compiler.emit.interp;

import java.util.Arrays;

/** The values of a scalar expression along a row of positions. */
@FunctionalInterface
interface RowValues {
  /**
   * Computes some values of a row.
   *
   * @param row where the others of the axes are
   * @param from the first position on the row's axis
   * @param to the end of them
   * @param out takes the value at position {@code i} as its element {@code i}
   */
  void compute(Row row, int from, int to, double[] out);

  /** Computes values into memory that is to be given back to the row. */
  default double[] taken(Row row, int from, int to) {
    double[] out = row.take();
    compute(row, from, to, out);
    return out;
  }

  /** The same value everywhere. */
  static RowValues constant(double value) {
    return (row, from, to, out) -> Arrays.fill(out, from, to, value);
  }

  /**
   * At each position the one of two expressions that a condition says; the other is not computed.
   */
  static RowValues select(RowValues condition, RowValues where, RowValues elsewhere) {
    return (row, from, to, out) -> {
      double[] c = condition.taken(row, from, to);
      for (int i = from; i < to; ) {
        boolean yes = c[i] != 0;
        int start = i;
        while (i < to && c[i] != 0 == yes) {
          i++;
        }
        (yes ? where : elsewhere).compute(row, start, i, out);
      }
      row.give(c);
    };
  }
}
