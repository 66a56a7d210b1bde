package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.dsl.type.DType;

/**
 * The tile that a {@link DotKernel} or a {@link ScaledKernel} computes at once.
 *
 * @param type of the elements of B: F32, or BF16 or I8, which are widened as they are loaded
 * @param columns of dot products, columns; of scaled sums, vectors of them
 * @param lanes of a vector of floats
 */
record RowTile(DType type, int rows, int columns, int lanes) {
  /** Most columns of a tile of dot products, each a stream of memory; narrower ones divide it. */
  static final int COLUMNS = 8;

  /** Most rows of a tile of dot products, which share what is loaded of B. */
  private static final int DOT_ROWS = 8;

  /** Most rows of a tile of scaled sums. */
  private static final int SCALED_ROWS = 6;

  /** Vectors of columns of a tile of scaled sums: with 16 lanes, what a line of a panel has. */
  private static final int VECTORS = 4;

  /** The tile of dot products for the next of some rows that are left. */
  static RowTile dots(DType type, int left, int lanes) {
    return next(type, left, lanes, lanes == 8 ? 8 : 16, DOT_ROWS, COLUMNS);
  }

  /** The tile of scaled sums for the next of some rows that are left. */
  static RowTile scaled(DType type, int left, int lanes) {
    int accumulators = lanes == 8 ? 8 : SCALED_ROWS * VECTORS;
    return next(type, left, lanes, accumulators, accumulators / VECTORS, VECTORS);
  }

  /**
   * A tile of about as many rows as the others, and with a power of two of columns, so that
   * accumulators leave registers for what they are made of. With 8 lanes a machine has 16
   * registers, else 32.
   */
  private static RowTile next(
      DType type, int left, int lanes, int accumulators, int mostRows, int mostColumns) {
    int rows = Math.ceilDiv(left, Math.ceilDiv(left, mostRows));
    int columns = Math.min(mostColumns, Integer.highestOneBit(accumulators / rows));
    return new RowTile(type, rows, columns, lanes);
  }

  RowTile withColumns(int n) {
    return new RowTile(type, rows, n, lanes);
  }
}
