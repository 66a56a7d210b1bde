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

  /** Bytes of a line of memory. */
  static final int LINE = 64;

  /** Most rows of a tile of scaled sums. */
  static final int SCALED_ROWS = 6;

  /** Rows of a tile of dot products that share what is loaded of B. */
  private static final int ROWS = 8;

  /** Vectors of columns of a tile of scaled sums: with 16 lanes, what a line of a panel has. */
  private static final int VECTORS = 4;

  /**
   * The tile for the next of some rows that are left: of about as many rows as the others, and with
   * a power of two of columns, so that accumulators leave registers for what they are made of. With
   * 8 lanes a machine has 16 registers, else 32.
   */
  static RowTile next(boolean dots, DType type, int left, int lanes) {
    int accumulators = lanes == 8 ? 8 : dots ? 16 : SCALED_ROWS * VECTORS;
    int most = dots ? ROWS : accumulators / VECTORS;
    int rows = Math.ceilDiv(left, Math.ceilDiv(left, most));
    int columns = Math.min(dots ? COLUMNS : VECTORS, Integer.highestOneBit(accumulators / rows));
    return new RowTile(dots, type, rows, columns, lanes);
  }

  RowTile withColumns(int n) {
    return new RowTile(dots, type, rows, n, lanes);
  }
}
