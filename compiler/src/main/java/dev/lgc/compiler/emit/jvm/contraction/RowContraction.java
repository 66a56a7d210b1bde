package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.emit.jvm.Schedule;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * A contraction with few rows, as in decoding: B is read once and in place, at the speed of memory,
 * and used for two (dot products) or four (scaled sums) rows at a time.
 */
final class RowContraction implements KernelCode {
  /** More rows than this are worth packing for. */
  static final int MOST_ROWS = 8;

  private static final int UNIT = 64;

  /** What is contiguous. */
  enum Form {
    /** Steps, in A and in B: an element of C is a dot product, with a vector of steps at a time. */
    DOT,
    /** Columns, in B and C: a vector of columns of C is a sum of scaled vectors of B. */
    SCALED
  }

  private final Form form;
  private final Line outer;
  private final Line columns;
  private final int rowCount;
  private final int depth;
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

  private RowContraction(Problem p, Form form) {
    this.p = p;
    this.form = form;
    outer = new Line(p.outer());
    columns = new Line(p.columns());
    rowCount = (int) p.rowCount();
    depth = Math.toIntExact(p.depthCount());
    stepA = 4 * Line.stride(p.depth(), p.a()::stride).orElseThrow();
    stepB = 4 * Line.stride(p.depth(), p.b()::stride).orElseThrow();
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
  }

  /** Code for a problem that has few rows and the right neighbours. */
  static Optional<RowContraction> of(Problem p) {
    if (p.rowCount() > MOST_ROWS || !p.a().isPlain() || !p.b().isPlain()) {
      return Optional.empty();
    }
    Optional<Long> a = Line.stride(p.depth(), p.a()::stride);
    Optional<Long> b = Line.stride(p.depth(), p.b()::stride);
    if (a.isEmpty() || b.isEmpty()) {
      return Optional.empty();
    }
    boolean dots = a.get() == 1 && b.get() == 1;
    boolean scaled = isOne(p.columns(), p.b()::stride) && isOne(p.columns(), p.target()::stride);
    if (scaled && !(dots && p.columnCount() < RowKernels.LANES)) {
      return Optional.of(new RowContraction(p, Form.SCALED));
    }
    return dots ? Optional.of(new RowContraction(p, Form.DOT)) : Optional.empty();
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

  Launch launch() {
    return new Launch(
        List.of(outer.count() * unitsOfColumns()),
        0,
        2 * 4L * UNIT + 4L * 2 * 4 * RowKernels.LANES,
        p.flops() / (2L * RowKernels.LANES));
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
      long b = buffers[p.b().buffer()] + 4 * (p.b().constant() + outer.at(at, outerB));
      long c = buffers[p.c()] + 4 * (p.target().constant() + outer.at(at, outerC));
      if (form == Form.DOT) {
        columns.fill(first, n, columnB, 0, scratch);
        columns.fill(first, n, columnC, 0, scratch + 4L * UNIT);
        dots(a, b, c, n, scratch, scratch + 4L * UNIT, scratch + 8L * UNIT);
      } else {
        sums(a, b + 4 * first, c + 4 * first, n);
      }
    }
  }

  private void dots(long a, long b, long c, int n, long tableB, long tableC, long sums) {
    int j = 0;
    for (; j + 4 <= n; j += 4) {
      long b0 = b + 4L * Memory.getInt(tableB + 4L * j);
      long b1 = b + 4L * Memory.getInt(tableB + 4L * j + 4);
      long b2 = b + 4L * Memory.getInt(tableB + 4L * j + 8);
      long b3 = b + 4L * Memory.getInt(tableB + 4L * j + 12);
      long t = tableC + 4L * j;
      int i = 0;
      for (; i + 2 <= rowCount; i += 2) {
        long a0 = a + 4L * rowA[i];
        long a1 = a + 4L * rowA[i + 1];
        RowKernels.dot2x4(a0, a1, b0, b1, b2, b3, depth, sums);
        RowKernels.put(c + 4L * rowC[i], t, sums);
        RowKernels.put(c + 4L * rowC[i + 1], t, sums + 16L * RowKernels.LANES);
      }
      if (i < rowCount) {
        RowKernels.dot1x4(a + 4L * rowA[i], b0, b1, b2, b3, depth, sums);
        RowKernels.put(c + 4L * rowC[i], t, sums);
      }
    }
    for (; j < n; j++) {
      long from = b + 4L * Memory.getInt(tableB + 4L * j);
      long to = c + 4L * Memory.getInt(tableC + 4L * j);
      for (int i = 0; i < rowCount; i++) {
        Memory.set(to + 4L * rowC[i], RowKernels.dot(a + 4L * rowA[i], from, depth));
      }
    }
  }

  private void sums(long a, long b, long c, int n) {
    int wide = 4 * RowKernels.LANES;
    int j = 0;
    for (; j + wide <= n; j += wide) {
      long from = b + 4L * j;
      long to = c + 4L * j;
      int i = 0;
      for (; i + 4 <= rowCount; i += 4) {
        RowKernels.sum4x4(
            a + 4L * rowA[i],
            a + 4L * rowA[i + 1],
            a + 4L * rowA[i + 2],
            a + 4L * rowA[i + 3],
            stepA,
            from,
            stepB,
            depth,
            to + 4L * rowC[i],
            to + 4L * rowC[i + 1],
            to + 4L * rowC[i + 2],
            to + 4L * rowC[i + 3]);
      }
      for (; i < rowCount; i++) {
        RowKernels.sum1x4(a + 4L * rowA[i], stepA, from, stepB, depth, to + 4L * rowC[i]);
      }
    }
    for (; j < n; j += RowKernels.LANES) {
      int live = Math.min(n - j, RowKernels.LANES);
      for (int i = 0; i < rowCount; i++) {
        long to = c + 4L * j + 4L * rowC[i];
        RowKernels.sum(a + 4L * rowA[i], stepA, b + 4L * j, stepB, depth, to, live);
      }
    }
  }
}
