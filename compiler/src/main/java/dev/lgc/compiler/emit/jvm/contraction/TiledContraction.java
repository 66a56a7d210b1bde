package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import java.util.List;

/**
 * A contraction in blocks (Goto and van de Geijn, TOMS 2008): for each block of C and each run of
 * steps, A and B are packed into panels and multiplied tile by tile.
 *
 * <pre>
 * for each unit = (point of the outer axes, block of columns, block of rows)     shared out to threads
 *   for each run of steps                                                        in order
 *     pack B's panels, pack A's panels
 *     for each panel of B, for each panel of A: micro-kernel
 * </pre>
 */
final class TiledContraction implements KernelCode {
  private final MicroKernel micro;
  private final Tile tile;
  private final Blocking blocking;
  private final Packer packA;
  private final Packer packB;
  private final Line outer;
  private final Line rows;
  private final Line columns;
  private final long depthCount;
  private final long[] outerTarget;
  private final long[] rowTarget;
  private final long[] columnTarget;
  private final long targetConstant;
  private final int bufferA;
  private final int bufferB;
  private final int bufferC;
  private final long rowBlocks;
  private final long columnBlocks;

  // Places in a thread's scratch memory.
  private final long panelsB;
  private final long tablePositionsA;
  private final long tablePositionsB;
  private final long tableDepthA;
  private final long tableDepthB;
  private final long tableRows;
  private final long tableColumns;
  private final long spare;
  private final long spareRow;
  private final long zeros;
  private final long packing;
  private final long scratchBytes;

  private final long work;

  TiledContraction(ImplicitGemm p, Blocking blocking) {
    this.blocking = blocking;
    work = p.flops() / (2L * blocking.tile().lanes());
    tile = blocking.tile();
    micro = MicroKernelEmitter.of(tile);
    packA = new Packer(p.a(), p.rows(), p);
    packB = new Packer(p.b(), p.columns(), p);
    outer = new Line(p.outer());
    rows = new Line(p.rows());
    columns = new Line(p.columns());
    depthCount = p.depthCount();
    outerTarget = Line.strides(p.outer(), p.target()::stride);
    rowTarget = Line.strides(p.rows(), p.target()::stride);
    columnTarget = Line.strides(p.columns(), p.target()::stride);
    targetConstant = p.target().constant();
    bufferA = p.a().buffer();
    bufferB = p.b().buffer();
    bufferC = p.c();
    rowBlocks = Blocking.blocks(p.rowCount(), blocking.rows());
    columnBlocks = Blocking.blocks(p.columnCount(), blocking.columns());

    long at = panels(blocking.rows());
    panelsB = at;
    at += panels(blocking.columns());
    tablePositionsA = at;
    at += packA.tableBytes(blocking.rows());
    tablePositionsB = at;
    at += packB.tableBytes(blocking.columns());
    tableDepthA = at;
    at += packA.tableBytes(blocking.depth());
    tableDepthB = at;
    at += packB.tableBytes(blocking.depth());
    tableRows = at;
    at += aligned(4L * blocking.rows());
    tableColumns = at;
    at += aligned(4L * blocking.columns());
    spare = at;
    at += aligned(4L * tile.rows() * tile.columns());
    spareRow = at;
    at += aligned(4L * tile.columns());
    zeros = at;
    at += aligned(4L * tile.columns());
    packing = at;
    at += Math.max(packA.spareBytes(blocking.depth()), packB.spareBytes(blocking.depth()));
    scratchBytes = at;
  }

  private long panels(int positions) {
    return aligned(4L * positions * blocking.depth()) + 64;
  }

  private static long aligned(long bytes) {
    return (bytes + 63) & -64;
  }

  /** Returns true if tables of 32 bits hold the places of a block's elements. */
  static boolean isAddressable(ImplicitGemm p, Blocking blocking) {
    return new Packer(p.a(), p.rows(), p).isAddressable(blocking.rows(), blocking.depth())
        && new Packer(p.b(), p.columns(), p).isAddressable(blocking.columns(), blocking.depth())
        && reach(p, p.rows(), blocking.rows()) <= Integer.MAX_VALUE
        && reach(p, p.columns(), blocking.columns()) <= Integer.MAX_VALUE;
  }

  private static long reach(ImplicitGemm p, List<Axis> axes, int positions) {
    return new Line(axes).reach(positions, Line.strides(axes, p.target()::stride));
  }

  Launch launch() {
    return new Launch(List.of(outer.count() * rowBlocks * columnBlocks), 0, scratchBytes, work);
  }

  @Override
  public void run(int phase, long[] buffers, long shared, long scratch, long from, long to) {
    Memory.clear(scratch + spareRow, 8L * tile.columns());
    for (long unit = from; unit < to; unit++) {
      long rowBlock = unit % rowBlocks;
      long columnBlock = unit / rowBlocks % columnBlocks;
      block(buffers, scratch, unit / rowBlocks / columnBlocks, rowBlock, columnBlock);
    }
  }

  private void block(long[] buffers, long scratch, long at, long rowBlock, long columnBlock) {
    long row = rowBlock * blocking.rows();
    int rowsHere = (int) Math.min(blocking.rows(), rows.count() - row);
    long column = columnBlock * blocking.columns();
    int columnsHere = (int) Math.min(blocking.columns(), columns.count() - column);
    packA.tabulatePositions(at, row, rowsHere, scratch + tablePositionsA);
    packB.tabulatePositions(at, column, columnsHere, scratch + tablePositionsB);
    long toRow = rows.at(row, rowTarget);
    long toColumn = columns.at(column, columnTarget);
    rows.fill(row, rowsHere, rowTarget, -toRow, scratch + tableRows);
    columns.fill(column, columnsHere, columnTarget, -toColumn, scratch + tableColumns);
    long c = buffers[bufferC] + 4 * (targetConstant + outer.at(at, outerTarget) + toRow + toColumn);
    for (long step = 0; step < depthCount; step += blocking.depth()) {
      int steps = (int) Math.min(blocking.depth(), depthCount - step);
      packB.tabulateDepth(step, steps, scratch + tableDepthB);
      packB.pack(
          buffers[bufferB] + 4 * packB.origin(at, column, step),
          scratch + tablePositionsB,
          columnsHere,
          scratch + tableDepthB,
          steps,
          tile.columns(),
          scratch + panelsB,
          scratch + packing);
      packA.tabulateDepth(step, steps, scratch + tableDepthA);
      packA.pack(
          buffers[bufferA] + 4 * packA.origin(at, row, step),
          scratch + tablePositionsA,
          rowsHere,
          scratch + tableDepthA,
          steps,
          tile.rows(),
          scratch,
          scratch + packing);
      multiply(c, scratch, rowsHere, columnsHere, steps, step > 0);
    }
  }

  private void multiply(
      long c, long scratch, int rowsHere, int columnsHere, int steps, boolean add) {
    for (int j = 0; j < columnsHere; j += tile.columns()) {
      int width = Math.min(tile.columns(), columnsHere - j);
      long columnTable = scratch + tableColumns + 4L * j;
      boolean run = Line.isRun(columnTable, width);
      long b = scratch + panelsB + 4L * j * steps;
      for (int i = 0; i < rowsHere; i += tile.rows()) {
        int height = Math.min(tile.rows(), rowsHere - i);
        long a = scratch + 4L * i * steps;
        long rowTable = scratch + tableRows + 4L * i;
        if (run && isEven(rowTable, height)) {
          long rowBytes =
              height == 1 ? 0 : 4L * (Memory.getInt(rowTable + 4) - Memory.getInt(rowTable));
          long to = c + 4L * Memory.getInt(rowTable) + 4L * Memory.getInt(columnTable);
          tile(a, b, to, rowBytes, steps, height, width, add, scratch);
        } else {
          long rowBytes = 4L * tile.columns();
          tile(a, b, scratch + spare, rowBytes, steps, height, width, false, scratch);
          scatter(c, scratch + spare, rowTable, height, columnTable, width, add);
        }
      }
    }
  }

  private void tile(
      long a, long b, long c, long rowC, int n, int height, int width, boolean add, long scratch) {
    micro.tile(a, b, c, rowC, n, height, width, add, scratch + spareRow, scratch + zeros);
  }

  private static boolean isEven(long table, int n) {
    for (int i = 2; i < n; i++) {
      int next = Memory.getInt(table + 4L * i) - Memory.getInt(table + 4L * (i - 1));
      if (next != Memory.getInt(table + 4) - Memory.getInt(table)) {
        return false;
      }
    }
    return true;
  }

  private void scatter(
      long c, long from, long rowTable, int height, long columnTable, int width, boolean add) {
    boolean even = isEven(columnTable, width);
    int first = Memory.getInt(columnTable);
    int step = width == 1 ? 0 : Memory.getInt(columnTable + 4) - first;
    for (int i = 0; i < height; i++) {
      long row = c + 4L * Memory.getInt(rowTable + 4L * i);
      long line = from + 4L * i * tile.columns();
      if (even) {
        strided(line, row + 4L * first, 4L * step, width, add);
        continue;
      }
      for (int j = 0; j < width; j++) {
        put(line + 4L * j, row + 4L * Memory.getInt(columnTable + 4L * j), add);
      }
    }
  }

  /** Columns at equal distances, as the phases of a strided convolution's gradient have them. */
  private static void strided(long from, long to, long step, int width, boolean add) {
    if (add) {
      for (int j = 0; j < width; j++) {
        Memory.set(to + j * step, Memory.get(from + 4L * j) + Memory.get(to + j * step));
      }
    } else {
      for (int j = 0; j < width; j++) {
        Memory.set(to + j * step, Memory.get(from + 4L * j));
      }
    }
  }

  private static void put(long from, long to, boolean add) {
    float x = Memory.get(from);
    Memory.set(to, add ? x + Memory.get(to) : x);
  }
}
