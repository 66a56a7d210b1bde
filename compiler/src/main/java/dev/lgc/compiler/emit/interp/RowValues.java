package dev.lgc.compiler.emit.interp;

/** The values of a scalar expression along a row of positions. */
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
}
