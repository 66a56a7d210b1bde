package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.emit.jvm.JvmSchedule;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import dev.lgc.compiler.rewrite.storage.TensorLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.ToLongFunction;

/**
 * A contraction that reads B in place, and uses what it loads for some rows at a time: where there
 * are few rows, as in decoding, which is then done at the speed of memory; and where B is in panels
 * already, for any number of rows. B may be narrower than F32: then less is read, and every element
 * is widened where it is used.
 */
abstract class RowContraction implements KernelCode {
  /** Columns that a thread computes together. */
  static final int UNIT = TensorLayout.PANEL;

  static final int LANES = LaneSums.LANES;

  final ImplicitGemm p;
  final Line columns;
  final int rowCount;
  final int depth;

  /** Bytes of an element of B. */
  final int size;

  /** Bytes from a step to the next. */
  final long stepA;

  final long stepB;

  /** Elements from the first row to each. */
  final long[] rowA;

  final long[] rowC;
  final long[] columnB;
  final long[] columnC;

  private final Line outer;
  private final long[] outerA;
  private final long[] outerB;
  private final long[] outerC;

  RowContraction(ImplicitGemm p) {
    this.p = p;
    outer = new Line(p.outer());
    columns = new Line(p.columns());
    rowCount = (int) p.rowCount();
    depth = Math.toIntExact(p.depthCount());
    size = p.b().dtype().bytes();
    stepA = 4 * Line.stride(p.depth(), p.a()::stride).orElseThrow();
    stepB = size * Line.stride(p.depth(), p.b()::stride).orElseThrow();
    rowA = offsets(p.rows(), p.a()::stride);
    rowC = offsets(p.rows(), p.target()::stride);
    outerA = Line.strides(p.outer(), p.a()::stride);
    outerB = Line.strides(p.outer(), p.b()::stride);
    outerC = Line.strides(p.outer(), p.target()::stride);
    columnB = Line.strides(p.columns(), p.b()::stride);
    columnC = Line.strides(p.columns(), p.target()::stride);
  }

  private static long[] offsets(List<Axis> axes, ToLongFunction<Axis> stride) {
    Line line = new Line(axes);
    long[] strides = Line.strides(axes, stride);
    long[] all = new long[(int) line.count()];
    for (int i = 0; i < all.length; i++) {
      all[i] = line.at(i, strides);
    }
    return all;
  }

  /** The tiles of all rows, one after the other; {@code next} has one for as many as are left. */
  static List<RowTile> tiles(int rows, IntFunction<RowTile> next) {
    List<RowTile> tiles = new ArrayList<>();
    for (int left = rows; left > 0; left -= tiles.getLast().rows()) {
      tiles.add(next.apply(left));
    }
    return tiles;
  }

  abstract JvmSchedule.Rows schedule();

  Launch launch() {
    return new Launch(
        List.of(outer.count() * unitsOfColumns()), 0, scratchBytes(), p.flops() / (2L * LANES));
  }

  /** Bytes of memory that a thread needs. */
  abstract long scratchBytes();

  private long unitsOfColumns() {
    return Math.ceilDiv(columns.count(), UNIT);
  }

  @Override
  public void run(int phase, long[] buffers, long shared, long scratch, long from, long to) {
    long inAll = unitsOfColumns();
    for (long unit = from; unit < to; ) {
      long at = unit / inAll;
      long first = unit % inAll;
      long count = Math.min(to - unit, inAll - first);
      long a = buffers[p.a().buffer()] + 4 * (p.a().constant() + outer.at(at, outerA));
      long b = buffers[p.b().buffer()] + size * (p.b().constant() + outer.at(at, outerB));
      long c = buffers[p.c()] + 4 * (p.target().constant() + outer.at(at, outerC));
      units(a, b, c, first, count, scratch);
      unit += count;
    }
  }

  /** Computes units of columns from the {@code first}, with all rows. */
  abstract void units(long a, long b, long c, long first, long count, long scratch);

  /** The number of columns of a unit; the last may have fewer. */
  int columnsOf(long unit) {
    return (int) Math.min(UNIT, columns.count() - unit * UNIT);
  }
}
