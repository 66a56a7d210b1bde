package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.dsl.type.DType;

/**
 * What a {@link RowKernel} computes at once.
 *
 * @param dots whether vectors run along the steps, and not along columns
 * @param type of the elements of B: F32, or BF16 or I8, which are widened as they are loaded
 * @param columns of dot products, columns; of scaled sums, vectors of them
 * @param lanes of a vector of floats
 */
record RowTile(boolean dots, DType type, int rows, int columns, int lanes) {
  /** Most columns of a tile, each a stream of memory; narrower ones divide it. */
  static final int COLUMNS = 8;

  /** Rows that share what is loaded of B. */
  private static final int ROWS = 8;

  /** Rows of the next tile, of some that are left: none much smaller than the others. */
  static int rows(int left) {
    return Math.ceilDiv(left, Math.ceilDiv(left, ROWS));
  }

  /**
   * Columns beside so many rows, a power of two: accumulators leave registers for what they are
   * made of. With 8 lanes a machine has 16 registers, else 32.
   */
  static int columns(int rows, int lanes) {
    int accumulators = lanes == 8 ? 8 : 16;
    return Math.min(COLUMNS, Integer.highestOneBit(accumulators / rows));
  }

  RowTile withColumns(int n) {
    return new RowTile(dots, type, rows, n, lanes);
  }
}
