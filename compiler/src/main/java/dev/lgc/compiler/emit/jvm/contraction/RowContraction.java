package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.emit.jvm.Schedule;
import dev.lgc.compiler.plan.TensorOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * A contraction that reads B in place, and uses what it loads for some rows at a time: where there
 * are few rows, as in decoding, which is then done at the speed of memory; and where B is in panels
 * already, for any number of rows. B may be narrower than F32: then less is read, and every element
 * is widened where it is used.
 */
final class RowContraction implements KernelCode {
  /** More rows than this are worth packing for, if B is not in panels. */
  static final int MOST_ROWS = 8;

  /** The same where B is narrower; with more, fusion has it widened before. */
  static final int MOST_ROWS_NARROW = 16;

  /** Columns that a thread computes together. */
  private static final int UNIT = TensorOrder.PANEL;

  /** Bytes of a unit of B that all tiles use before the next are read: they stay near the core. */
  private static final int BLOCK = 1 << 18;

  private static final int LANES = LaneSums.LANES;
  private static final int MOST_SUMS = 16;

  /** A table of rows that are all 0: what is added up starts from there, and leaves C unread. */
  private static final long ZEROS = zeros();

  /** What is contiguous. */
  enum Form {
    /**
     * Steps, in A and in B: an element of C is a dot product, with a vector of steps at a time.
     * There is a whole number of those.
     */
    DOT,
    /**
     * Columns, in B and C, all of them or panels of some: a vector of columns of C is a sum of
     * scaled vectors of B.
     */
    SCALED
  }

  private final Form form;
  private final Line outer;
  private final Line columns;
  private final int rowCount;
  private final int depth;
  private final int size;

  /** Steps of scaled sums that all tiles of a unit do before any goes on. */
  private final int block;

  private final long stepA;
  private final long stepB;
  private final Problem p;
  private final int[] rowA;
  private final int[] rowC;
  private final long[] outerA;
  private final long[] outerB;
  private final long[] outerC;
  private final long[] columnB;
  private final long[] columnC;

  /** The size of each tile, and its kernels: for whole tiles, and for a single column or vector. */
  private final int[] tileRows;

  private final int[] tileColumns;

  private final RowKernel[] whole;
  private final RowKernel[] single;

  private RowContraction(Problem p, Form form) {
    this.p = p;
    this.form = form;
    outer = new Line(p.outer());
    columns = new Line(p.columns());
    rowCount = (int) p.rowCount();
    depth = Math.toIntExact(p.depthCount());
    size = p.b().dtype().bytes();
    stepA = 4 * Line.stride(p.depth(), p.a()::stride).orElseThrow();
    stepB = size * Line.stride(p.depth(), p.b()::stride).orElseThrow();
    Line rows = new Line(p.rows());
    rowA = new int[rowCount];
    rowC = new int[rowCount];
    long[] a = Line.strides(p.rows(), p.a()::stride);
    long[] c = Line.strides(p.rows(), p.target()::stride);
    for (int i = 0; i < rowCount; i++) {
      rowA[i] = (int) rows.at(i, a);
      rowC[i] = (int) rows.at(i, c);
    }
    outerA = Line.strides(p.outer(), p.a()::stride);
    outerB = Line.strides(p.outer(), p.b()::stride);
    outerC = Line.strides(p.outer(), p.target()::stride);
    columnB = Line.strides(p.columns(), p.b()::stride);
    columnC = Line.strides(p.columns(), p.target()::stride);
    List<RowTile> tiles = new ArrayList<>();
    for (int left = rowCount; left > 0; left -= tiles.getLast().rows()) {
      tiles.add(RowTile.next(form == Form.DOT, p.b().dtype(), left, LANES));
    }
    block = blocked(tiles) ? BLOCK / (UNIT * size) : depth;
    tileRows = tiles.stream().mapToInt(RowTile::rows).toArray();
    tileColumns = tiles.stream().mapToInt(RowTile::columns).toArray();
    whole = tiles.stream().map(RowKernelEmitter::of).toArray(RowKernel[]::new);
    single =
        tiles.stream().map(t -> RowKernelEmitter.of(t.withColumns(1))).toArray(RowKernel[]::new);
  }

  private static long zeros() {
    long row = Memory.lasting(4L * UNIT);
    long table = Memory.lasting((long) Long.BYTES * RowTile.SCALED_ROWS);
    for (int i = 0; i < RowTile.SCALED_ROWS; i++) {
      Memory.setLong(table + (long) Long.BYTES * i, row);
    }
    return table;
  }

  /** Code for a problem that has few rows and the right neighbours, or whose B is in panels. */
  static Optional<RowContraction> of(Problem p) {
    boolean narrow = !p.b().isFloat();
    if (!p.a().isFloat() || narrow && LANES < 8 || !p.a().isPlain() || !p.b().isPlain()) {
      return Optional.empty();
    }
    Optional<Long> a = Line.stride(p.depth(), p.a()::stride);
    Optional<Long> b = Line.stride(p.depth(), p.b()::stride);
    if (a.isEmpty() || b.isEmpty()) {
      return Optional.empty();
    }
    boolean few = p.rowCount() <= (narrow ? MOST_ROWS_NARROW : MOST_ROWS);
    boolean dots = few && a.get() == 1 && b.get() == 1 && p.depthCount() % LANES == 0;
    if (isPanel(p, b.get())) {
      return Optional.of(new RowContraction(p, Form.SCALED));
    }
    boolean scaled =
        few && isOne(p.columns(), p.b()::stride) && isOne(p.columns(), p.target()::stride);
    if (scaled && !(dots && p.columnCount() < LANES)) {
      return Optional.of(new RowContraction(p, Form.SCALED));
    }
    return dots ? Optional.of(new RowContraction(p, Form.DOT)) : Optional.empty();
  }

  /**
   * Whether B is in panels of as many columns as a unit has, dense in memory, and C has them as
   * neighbours: then any number of rows is computed without copying.
   */
  private static boolean isPanel(Problem p, long stepB) {
    Optional<Axis> panel = Axis.innermost(p.columns());
    return panel.isPresent()
        && panel.get().extent() == UNIT
        && p.b().stride(panel.get()) == 1
        && p.target().stride(panel.get()) == 1
        && stepB == UNIT;
  }

  /** Whether a unit of B is read several times. */
  private static boolean blocked(List<RowTile> tiles) {
    return tiles.size() > 1 || tiles.getFirst().columns() * LANES < UNIT;
  }

  private static boolean isOne(List<Axis> axes, ToLongFunction<Axis> stride) {
    return Line.stride(axes, stride).filter(s -> s == 1).isPresent();
  }

  Form form() {
    return form;
  }

  Schedule.Rows schedule() {
    return new Schedule.Rows(form == Form.DOT);
  }

  // A thread's memory: the addresses of rows of A and of C, those of columns of B, the places of
  // columns in C, and sums to be added up.

  private long rowsOfC(long scratch) {
    return scratch + 8L * rowCount;
  }

  private long columnsOfB(long scratch) {
    return scratch + 16L * rowCount;
  }

  private static long columnsOfC(long columnsOfB) {
    return columnsOfB + 8L * UNIT;
  }

  private static long sums(long columnsOfC) {
    return (columnsOfC + 4L * UNIT + 63) & -64;
  }

  Launch launch() {
    return new Launch(
        List.of(outer.count() * unitsOfColumns()),
        0,
        sums(columnsOfC(columnsOfB(0))) + 4L * MOST_SUMS * LANES,
        p.flops() / (2L * LANES));
  }

  private long unitsOfColumns() {
    return (columns.count() + UNIT - 1) / UNIT;
  }

  @Override
  public void run(int phase, long[] buffers, long shared, long scratch, long from, long to) {
    for (long unit = from; unit < to; unit++) {
      long at = unit / unitsOfColumns();
      long first = unit % unitsOfColumns() * UNIT;
      int n = (int) Math.min(UNIT, columns.count() - first);
      long a = buffers[p.a().buffer()] + 4 * (p.a().constant() + outer.at(at, outerA));
      long b = buffers[p.b().buffer()] + size * (p.b().constant() + outer.at(at, outerB));
      long c = buffers[p.c()] + 4 * (p.target().constant() + outer.at(at, outerC));
      for (int i = 0; i < rowCount; i++) {
        Memory.setLong(scratch + 8L * i, a + 4L * rowA[i]);
      }
      if (form == Form.DOT) {
        dots(b, c, first, n, scratch);
      } else {
        sums(b + size * columns.at(first, columnB), c + 4 * columns.at(first, columnC), n, scratch);
      }
    }
  }

  private void dots(long b, long c, long first, int n, long rows) {
    long tableB = columnsOfB(rows);
    long tableC = columnsOfC(tableB);
    long ordered = sums(tableC);
    columns.fill(first, n, columnB, 0, ordered);
    for (int j = 0; j < n; j++) {
      long from = b + (long) size * Memory.getInt(ordered + 4L * j);
      Memory.setLong(tableB + 8L * place(j, n), from);
    }
    columns.fill(first, n, columnC, 0, ordered);
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
          RowKernel kernel = wide == 1 ? single[t] : whole[t];
          dot(kernel, wide, row, tileRows[t], rows, tableB + 8L * j, c, tableC + 4L * j);
          j += wide;
        }
        row += tileRows[t];
      }
    }
  }

  /**
   * Where a column of a unit goes in its tables. A tile's columns are far apart, and those of the
   * next tile follow on them: so memory is read in a few long runs, which the processor reads
   * ahead, and not in many short ones.
   */
  private static int place(int column, int n) {
    int run = n / RowTile.COLUMNS;
    return column < run * RowTile.COLUMNS
        ? RowTile.COLUMNS * (column % run) + column / run
        : column;
  }

  private void dot(
      RowKernel kernel, int wide, int row, int count, long rows, long tableB, long c, long tableC) {
    long sums = sums(columnsOfC(columnsOfB(rows)));
    kernel.run(rows + 8L * row, 0, tableB, 0, depth, sums, 0, 0);
    for (int i = 0; i < count; i++) {
      LaneSums.put(c + 4L * rowC[row + i], tableC, wide, sums + 4L * i * wide * LANES);
    }
  }

  private void sums(long b, long c, int n, long rows) {
    for (int step = 0; step < depth; step += block) {
      if (step > 0) {
        for (int i = 0; i < rowCount; i++) {
          long at = rows + 8L * i;
          Memory.setLong(at, Memory.getLong(at) + block * stepA);
        }
      }
      sums(b + step * stepB, c, n, rows, Math.min(block, depth - step), step > 0);
    }
  }

  /** Some steps of all rows by the columns of a unit, added to what is in C where they go on. */
  private void sums(long b, long c, int n, long rows, int steps, boolean goesOn) {
    long tableC = rowsOfC(rows);
    int row = 0;
    for (int t = 0; t < tileRows.length; t++) {
      int columnsOfTile = tileColumns[t] * LANES;
      for (int j = 0; j < n; ) {
        int wide = j + columnsOfTile <= n ? columnsOfTile : LANES;
        RowKernel kernel = wide == LANES ? single[t] : whole[t];
        for (int i = 0; i < tileRows[t]; i++) {
          Memory.setLong(tableC + 8L * i, c + 4L * (j + rowC[row + i]));
        }
        int live = Math.min(n - j, LANES);
        long at = b + (long) size * j;
        long old = goesOn ? tableC : ZEROS;
        kernel.run(rows + 8L * row, stepA, at, stepB, steps, tableC, live, old);
        j += wide;
      }
      row += tileRows[t];
    }
  }
}
