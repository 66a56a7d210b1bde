package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.emit.jvm.JvmSchedule;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Columns are contiguous, in B and C, all of them or panels of some: a vector of columns of C is a
 * sum of scaled vectors of B.
 *
 * <p>Where one tile has all rows, and a unit's columns, a range of units is read as one stream, by
 * one call of a kernel. Else tiles take turns at blocks of a unit, which stay near the core.
 */
final class ScaledRows extends RowContraction {
  /** Bytes of a unit of B that all tiles use before the next are read. */
  private static final int BLOCK = 1 << 16;

  /** A unit of columns that are all 0. */
  static final long ZEROS = Memory.lasting(4L * UNIT);

  private final ScaledKernel.Strides strides;

  /** Steps that all tiles of a unit do before any goes on. */
  private final int block;

  /** True if one tile computes whole units, which are at equal distances. */
  private final boolean isStream;

  /**
   * The rows before each tile, its columns, and its kernels: for all of them, and for one vector
   * where the last unit is cut short.
   */
  private final int[] tileFirst;

  private final int[] tileColumns;
  private final ScaledKernel[] whole;
  private final ScaledKernel[] single;

  ScaledRows(ImplicitGemm p) {
    super(p);
    Optional<Long> betweenA = Line.stride(p.rows(), p.a()::stride);
    Optional<Long> betweenC = Line.stride(p.rows(), p.target()::stride);
    boolean evenly = betweenA.isPresent() && betweenC.isPresent();
    List<RowTile> tiles =
        tiles(rowCount, left -> RowTile.scaled(p.b().dtype(), evenly ? left : 1, LANES));
    boolean once = tiles.size() == 1 && tiles.getFirst().columns() * LANES == UNIT;
    Optional<Long> unitB = unit(p.b()::stride);
    Optional<Long> unitC = unit(p.target()::stride);
    isStream = once && unitB.isPresent() && unitC.isPresent();
    strides =
        new ScaledKernel.Strides(
            evenly ? 4 * betweenA.get() : 0,
            stepA,
            stepB,
            isStream ? size * unitB.get() : 0,
            evenly ? 4 * betweenC.get() : 0,
            isStream ? 4 * unitC.get() : 0);
    block = once ? depth : BLOCK / (UNIT * size);
    tileFirst = new int[tiles.size()];
    for (int t = 1; t < tileFirst.length; t++) {
      tileFirst[t] = tileFirst[t - 1] + tiles.get(t - 1).rows();
    }
    tileColumns = tiles.stream().mapToInt(t -> t.columns() * LANES).toArray();
    whole = tiles.stream().map(ScaledKernelEmitter::of).toArray(ScaledKernel[]::new);
    boolean isRagged = columns.count() % UNIT != 0;
    single =
        tiles.stream()
            .map(t -> isRagged ? ScaledKernelEmitter.of(t.withColumns(1)) : null)
            .toArray(ScaledKernel[]::new);
  }

  /** Elements from a unit to the next, if that is the same for all. */
  private Optional<Long> unit(ToLongFunction<Axis> stride) {
    Optional<Long> one = Line.stride(p.columns(), stride);
    if (one.isPresent()) {
      return one.map(s -> s * UNIT);
    }
    Axis panel = Axis.innermost(p.columns()).orElseThrow();
    return panel.extent() == UNIT
        ? Line.stride(p.columns().stream().filter(x -> !x.equals(panel)).toList(), stride)
        : Optional.empty();
  }

  @Override
  JvmSchedule.Rows schedule() {
    return new JvmSchedule.Rows(false);
  }

  @Override
  long scratchBytes() {
    return 0;
  }

  @Override
  void units(long a, long b, long c, long first, long count, long scratch) {
    long unit = first;
    long end = first + count;
    if (isStream) {
      long wide = Math.min(end, columns.count() / UNIT);
      if (unit < wide) {
        int some = Math.toIntExact(wide - unit);
        long firstA = a + 4L * rowA[0];
        long firstC = columnC(c, unit) + 4L * rowC[0];
        whole[0].run(strides, firstA, columnB(b, unit), firstC, depth, some, LANES, false);
        unit = wide;
      }
    }
    for (; unit < end; unit++) {
      unit(a, columnB(b, unit), columnC(c, unit), columnsOf(unit));
    }
  }

  private long columnB(long b, long unit) {
    return b + size * columns.at(unit * UNIT, columnB);
  }

  private long columnC(long c, long unit) {
    return c + 4 * columns.at(unit * UNIT, columnC);
  }

  /** One unit of {@code n} columns, block by block. */
  private void unit(long a, long b, long c, int n) {
    for (int step = 0; step < depth; step += block) {
      int steps = Math.min(block, depth - step);
      for (int t = 0; t < tileFirst.length; t++) {
        long rowsA = a + 4L * rowA[tileFirst[t]] + step * stepA;
        long rowsC = c + 4L * rowC[tileFirst[t]];
        for (int j = 0; j < n; ) {
          int wide = j + tileColumns[t] <= n ? tileColumns[t] : LANES;
          ScaledKernel kernel = wide == tileColumns[t] ? whole[t] : single[t];
          long at = b + step * stepB + (long) size * j;
          int live = Math.min(n - j, LANES);
          kernel.run(strides, rowsA, at, rowsC + 4L * j, steps, 1, live, step > 0);
          j += wide;
        }
      }
    }
  }
}
