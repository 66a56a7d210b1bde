package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.emit.jvm.JvmSchedule;
import dev.lgc.compiler.kernel.product.ImplicitGemm;

/**
 * The tiles, blocks and panels of a contraction, independent of the number of threads.
 *
 * @param tile the register tile
 * @param rows rows of a block: one thread packs and multiplies a block at a time
 * @param columns columns of a block
 * @param depth steps of a packed panel
 */
public record Blocking(Tile tile, int rows, int columns, int depth) {
  /** A panel of B is to stay in the first-level cache, and a block of A in the second. */
  private static final int DEPTH = 384;

  private static final int ROWS = 480;
  private static final int COLUMNS = 768;

  /** Fewer blocks than this leave threads idle. */
  private static final int BLOCKS = 16;

  /** The blocking of a problem of some size on a machine with vectors of {@code lanes}. */
  static Blocking of(ImplicitGemm p, int lanes) {
    Tile tile = Tile.of(lanes);
    long rows = Math.min(ROWS, roundUp(p.rowCount(), tile.rows()));
    long columns = Math.min(COLUMNS, roundUp(p.columnCount(), tile.columns()));
    while (p.outerCount() * blocks(p.rowCount(), rows) * blocks(p.columnCount(), columns)
        < BLOCKS) {
      boolean splitColumns = columns >= rows;
      long least = 16L * tile.rows();
      long half =
          splitColumns ? roundUp(columns / 2, tile.columns()) : roundUp(rows / 2, tile.rows());
      if (half < least || half >= (splitColumns ? columns : rows)) {
        break;
      }
      if (splitColumns) {
        columns = half;
      } else {
        rows = half;
      }
    }
    long depths = blocks(p.depthCount(), DEPTH);
    long depth = (p.depthCount() + depths - 1) / depths;
    return new Blocking(
        tile,
        even(p.rowCount(), rows, tile.rows()),
        even(p.columnCount(), columns, tile.columns()),
        (int) depth);
  }

  static Blocking of(JvmSchedule.Tiled t, int lanes) {
    Tile tile = new Tile(t.tileRows(), t.tileColumns() / lanes, lanes);
    return new Blocking(tile, t.rows(), t.columns(), t.depth());
  }

  JvmSchedule.Tiled schedule() {
    return new JvmSchedule.Tiled(tile.rows(), tile.columns(), rows, columns, depth);
  }

  /** As many blocks as with {@code size}, but of equal size. */
  private static int even(long count, long size, int unit) {
    long n = blocks(count, size);
    return (int) roundUp((count + n - 1) / n, unit);
  }

  static long blocks(long count, long size) {
    return (count + size - 1) / size;
  }

  private static long roundUp(long n, long unit) {
    return (n + unit - 1) / unit * unit;
  }
}
