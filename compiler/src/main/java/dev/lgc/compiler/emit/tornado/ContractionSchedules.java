package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.kernel.SumOfProducts;
import java.util.Optional;

/**
 * The schedules of contractions: of few rows, or in tiles.
 *
 * <p>With the limits of {@link DeviceLimits#PORTABLE}:
 *
 * <pre>
 * 1024 x 1024 of 1024   →  tiles, 16x16 items of 4x4, depth 16
 * 1 x 1024 of 1024      →  rows
 * </pre>
 */
final class ContractionSchedules {
  /** Rows that one work-item may sum at once. */
  private static final int FEW_ROWS = 16;

  /** Products that a work-item should add before sums are put together. */
  private static final int SHARE = 4;

  /** Work-items that read one line of memory together. */
  private static final int WIDE = 32;

  /** Items along a side of a tile, and its depth. */
  private static final int SIDE = 16;

  /** Rows, or columns, of an item's tile. */
  private static final int REGISTERS = 4;

  /** Tiles that a part of a sum should have. */
  private static final int LONG = 8;

  private final DeviceLimits limits;
  private final int groupItems;
  private final long points;

  /**
   * @param groupItems items of a group, a power of two
   * @param points elements of the result
   */
  ContractionSchedules(DeviceLimits limits, int groupItems, long points) {
    this.limits = limits;
    this.groupItems = groupItems;
    this.points = points;
  }

  /** A schedule for a contraction, where it uses elements often enough. */
  Optional<DeviceSchedule> choose(SumOfProducts p) {
    long fewer = Math.min(p.rowCount(), p.columnCount());
    long more = Math.max(p.rowCount(), p.columnCount());
    if (more < 2 || p.depthCount() < 8) {
      return Optional.empty();
    }
    if (fewer <= FEW_ROWS) {
      Optional<DeviceSchedule> rows = rows(RowsWriter.product(p));
      if (rows.isPresent()) {
        return rows;
      }
    }
    return groupItems < SIDE ? Optional.empty() : Optional.of(tiled(p));
  }

  private Optional<DeviceSchedule> rows(SumOfProducts p) {
    boolean alongDepth =
        SumOfProducts.isDense(p.b(), p.depth()) || !SumOfProducts.isDense(p.b(), p.columns());
    int items = groupItems;
    while (RowsWriter.localBytes(p, items) > limits.localBytes()) {
      items /= 2;
    }
    if (items < 2) {
      return Optional.empty();
    }
    int near = Math.min(WIDE, items);
    long along = alongDepth ? p.depthCount() : p.columnCount();
    near = (int) Math.min(near, Long.highestOneBit(2 * along - 1));
    long across = alongDepth ? p.columnCount() : p.depthCount();
    int far = (int) Math.min(items / near, Long.highestOneBit(2 * across - 1));
    if (alongDepth) {
      near = (int) Math.min(items / far, Long.highestOneBit(2 * along - 1));
    }
    int columns = alongDepth ? far : near;
    int lanes = alongDepth ? near : far;
    // Few columns would leave much of the device idle: then more items share each sum.
    while (columns > (alongDepth ? 1 : WIDE / 2)
        && p.outerCount() * Math.ceilDiv(p.columnCount(), columns) < limits.groups() / 2
        && 2L * lanes * SHARE <= p.depthCount()) {
      columns /= 2;
      lanes *= 2;
    }
    return Optional.of(new DeviceSchedule.Rows(columns, lanes, 1, alongDepth));
  }

  /** A schedule in tiles, whether few rows would be better or not. */
  DeviceSchedule.Tiled tiled(SumOfProducts p) {
    int side = 1;
    while (4 * side * side <= groupItems && side < SIDE) {
      side *= 2;
    }
    int rows = registers(p.rowCount(), side);
    int columns = registers(p.columnCount(), side);
    DeviceSchedule.Tiled t = new DeviceSchedule.Tiled(side, side, rows, columns, SIDE, 1, points);
    while (t.localBytes() > limits.localBytes()) {
      if (t.rows() * t.columns() > 1) {
        rows = Math.max(1, rows / 2);
        columns = Math.max(1, columns / 2);
      } else {
        side /= 2;
      }
      t = new DeviceSchedule.Tiled(side, side, rows, columns, SIDE, 1, points);
    }
    return divided(p, t);
  }

  /** The same tiles with the sum in as many parts as keep the device busy. */
  DeviceSchedule.Tiled divided(SumOfProducts p, DeviceSchedule.Tiled t) {
    long tiles = TiledWriter.groups(p, t.inParts(1));
    long parts =
        Math.min(limits.groups() / Math.max(1, tiles), p.depthCount() / (LONG * (long) t.depth()));
    return t.inParts((int) Math.max(1, parts));
  }

  /** Rows or columns of an item's tile. */
  private static int registers(long count, int side) {
    int n = 1;
    while (n < REGISTERS && n * side < count) {
      n *= 2;
    }
    return n;
  }
}
