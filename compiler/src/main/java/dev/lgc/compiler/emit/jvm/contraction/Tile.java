package dev.lgc.compiler.emit.jvm.contraction;

/**
 * A register tile.
 *
 * @param rows rows of C
 * @param vectors vectors of columns of C
 * @param lanes F32 lanes of a vector
 */
public record Tile(int rows, int vectors, int lanes) {
  public Tile {
    if (rows < 1 || vectors < 1 || (lanes != 4 && lanes != 8 && lanes != 16)) {
      throw new IllegalArgumentException(rows + "×" + vectors + "×" + lanes);
    }
  }

  /** Columns of C. */
  public int columns() {
    return vectors * lanes;
  }

  /**
   * The tile of a machine: as many accumulators as its registers hold, with a few over for a row's
   * value and a step's columns.
   *
   * @param lanes F32 lanes of its vectors: with 16 or 4 it has 32 registers, with 8 it has 16
   */
  public static Tile of(int lanes) {
    return lanes == 8 ? new Tile(6, 2, 8) : new Tile(6, 4, lanes);
  }
}
