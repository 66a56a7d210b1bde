package dev.lgc.compiler.emit.interp;

/**
 * An index that is affine in the positions.
 *
 * @param axes those that it depends on, by number
 * @param factors of each of them
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record IndexFunction(int constant, int[] axes, int[] factors) {
  /** The index at the first position of a row. */
  int first(Row row) {
    int sum = constant;
    for (int i = 0; i < axes.length; i++) {
      sum += row.position()[axes[i]] * factors[i];
    }
    return sum;
  }

  /** The difference between neighbours on a row. */
  int step(Row row) {
    int step = 0;
    for (int i = 0; i < axes.length; i++) {
      step += row.isAlong(axes[i]) ? factors[i] : 0;
    }
    return step;
  }
}
