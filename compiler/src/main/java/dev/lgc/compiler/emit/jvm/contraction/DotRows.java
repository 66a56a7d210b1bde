package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.emit.jvm.JvmSchedule;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import java.util.List;

/**
 * Steps are contiguous, in A and in B: an element of C is a dot product, with a vector of steps at
 * a time. There is a whole number of those.
 */
final class DotRows extends RowContraction {
  private static final int MOST_SUMS = 16;

  /** The size of each tile, and its kernels: for all of it, and for a column that is left over. */
  private final int[] tileRows;

  private final int[] tileColumns;
  private final DotKernel[] whole;
  private final DotKernel[] single;

  DotRows(ImplicitGemm p) {
    super(p);
    List<RowTile> tiles = tiles(rowCount, left -> RowTile.dots(p.b().dtype(), left, LANES));
    tileRows = tiles.stream().mapToInt(RowTile::rows).toArray();
    tileColumns = tiles.stream().mapToInt(RowTile::columns).toArray();
    whole = tiles.stream().map(DotKernelEmitter::of).toArray(DotKernel[]::new);
    boolean isRagged = columns.count() % RowTile.COLUMNS != 0;
    single =
        tiles.stream()
            .map(t -> isRagged ? DotKernelEmitter.of(t.withColumns(1)) : null)
            .toArray(DotKernel[]::new);
  }

  // A thread's memory: the addresses of rows of A and those of columns of B, the places of columns
  // in C, and sums to be added up.

  private long columnsOfB(long scratch) {
    return scratch + 8L * rowCount;
  }

  private static long columnsOfC(long columnsOfB) {
    return columnsOfB + 8L * UNIT;
  }

  private static long sums(long columnsOfC) {
    return (columnsOfC + 4L * UNIT + 63) & -64;
  }

  @Override
  JvmSchedule.Rows schedule() {
    return new JvmSchedule.Rows(true);
  }

  @Override
  long scratchBytes() {
    return sums(columnsOfC(columnsOfB(0))) + 4L * MOST_SUMS * LANES;
  }

  @Override
  void units(long a, long b, long c, long first, long count, long scratch) {
    for (int i = 0; i < rowCount; i++) {
      Memory.setLong(scratch + 8L * i, a + 4L * rowA[i]);
    }
    for (long unit = first; unit < first + count; unit++) {
      unit(b, c, unit * UNIT, columnsOf(unit), scratch);
    }
  }

  private void unit(long b, long c, long first, int n, long rows) {
    long tableB = columnsOfB(rows);
    long tableC = columnsOfC(tableB);
    long ordered = sums(tableC);
    long startB = columns.at(first, columnB);
    columns.fill(first, n, columnB, -startB, ordered);
    for (int j = 0; j < n; j++) {
      long from = b + size * (startB + Memory.getInt(ordered + 4L * j));
      Memory.setLong(tableB + 8L * place(j, n), from);
    }
    long startC = columns.at(first, columnC);
    columns.fill(first, n, columnC, -startC, ordered);
    for (int j = 0; j < n; j++) {
      Memory.setInt(tableC + 4L * place(j, n), Memory.getInt(ordered + 4L * j));
    }
    for (int strip = 0; strip < n; strip += RowTile.COLUMNS) {
      int end = Math.min(n, strip + RowTile.COLUMNS);
      int row = 0;
      for (int t = 0; t < tileRows.length; t++) {
        int columnsOfTile = tileColumns[t];
        for (int j = strip; j < end; ) {
          int wide = j + columnsOfTile <= end ? columnsOfTile : 1;
          DotKernel kernel = wide == columnsOfTile ? whole[t] : single[t];
          long to = c + 4 * startC;
          tile(kernel, wide, row, tileRows[t], rows, tableB + 8L * j, to, tableC + 4L * j);
          j += wide;
        }
        row += tileRows[t];
      }
    }
  }

  /**
   * The place of a unit's column in its tables. A tile's columns are far apart, and those of the
   * next tile follow on them: so memory is read in a few long runs, which the processor reads
   * ahead, and not in many short ones.
   */
  private static int place(int column, int n) {
    int run = n / RowTile.COLUMNS;
    return column < run * RowTile.COLUMNS
        ? RowTile.COLUMNS * (column % run) + column / run
        : column;
  }

  private void tile(
      DotKernel kernel, int wide, int row, int count, long rows, long tableB, long c, long tableC) {
    long sums = sums(columnsOfC(columnsOfB(rows)));
    kernel.run(rows + 8L * row, tableB, depth, sums);
    for (int i = 0; i < count; i++) {
      LaneSums.put(c + 4L * rowC[row + i], tableC, wide, sums + 4L * i * wide * LANES);
    }
  }
}
