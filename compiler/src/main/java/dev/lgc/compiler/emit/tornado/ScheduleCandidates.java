package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SumOfProducts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The neighbours of a kernel's schedule: more and fewer items, other tiles, and the other kinds of
 * schedule that its kernel can have. All keep to the device's limits.
 */
public final class ScheduleCandidates {
  /** Rows and columns of an item's tile, and the tile's depth: the likeliest first. */
  private static final int[][] TILES = {
    {8, 8, 16},
    {8, 8, 8},
    {8, 4, 16},
    {4, 8, 16},
    {4, 4, 32},
    {4, 4, 16},
    {4, 4, 8},
    {4, 2, 16},
    {2, 4, 16},
    {2, 2, 16}
  };

  /** Factors of a group's columns and lanes, in quarters, and the columns of an item. */
  private static final int[][] ROWS = {
    {4, 4, 2},
    {4, 4, 4},
    {4, 8, 1},
    {8, 4, 1},
    {2, 8, 1},
    {2, 8, 2},
    {2, 8, 4},
    {8, 2, 1},
    {4, 2, 1},
    {2, 4, 1},
    {2, 4, 2},
    {1, 16, 1},
    {1, 16, 4},
    {16, 1, 1},
    {4, 16, 1},
    {1, 4, 1}
  };

  /** Elements of the workspace of a divided sum. */
  private static final long WORKSPACE = 1L << 28;

  private final DeviceScheduler scheduler;
  private final DeviceLimits limits;
  private final Map<String, DeviceSchedule> found = new LinkedHashMap<>();

  private ScheduleCandidates(DeviceScheduler scheduler) {
    this.scheduler = scheduler;
    this.limits = scheduler.limits;
  }

  /**
   * The schedules of a kernel within a device's limits that are worth measuring, the one that would
   * be chosen unmeasured first. Their texts differ.
   */
  public static List<DeviceSchedule> of(Kernel kernel, DeviceLimits limits) {
    DeviceScheduler s = new DeviceScheduler(kernel, limits);
    return new ScheduleCandidates(s).around(s.choose());
  }

  /** A schedule and its neighbours. */
  private List<DeviceSchedule> around(DeviceSchedule best) {
    add(best);
    Optional<SumOfProducts> product = SumOfProducts.of(scheduler.kernel);
    switch (best) {
      case DeviceSchedule.Tiled t -> tiled(product.orElseThrow(), t);
      case DeviceSchedule.Rows r -> {
        rows(RowsWriter.product(product.orElseThrow()), r);
        tiled(product.orElseThrow(), scheduler.contractions.tiled(product.orElseThrow()));
      }
      case DeviceSchedule.Group g -> {
        groups(g.items());
        if (scheduler.fitsItems() && scheduler.points >= limits.groups()) {
          points();
        }
      }
      case DeviceSchedule.Segments _ -> {
        for (int items : new int[] {64, 256, 32, 512}) {
          if (items <= limits.groupItems()) {
            scheduler.segments(items).ifPresent(this::add);
          }
        }
        points();
      }
      case DeviceSchedule.Points _ -> {
        points();
        if (scheduler.widest() > 1) {
          groups(32);
        }
      }
    }
    return new ArrayList<>(found.values());
  }

  private void add(DeviceSchedule s) {
    found.putIfAbsent(s.text(), s);
  }

  private void points() {
    for (int items : new int[] {128, 64, 256, 32, 512, 1024}) {
      if (items <= limits.groupItems()) {
        add(scheduler.points(items));
      }
    }
  }

  private void groups(int items) {
    for (int n : new int[] {items, 2 * items, items / 2, 4 * items, items / 4}) {
      if (n >= 1 && n <= limits.groupItems()) {
        add(scheduler.group(n));
      }
    }
  }

  private void rows(SumOfProducts p, DeviceSchedule.Rows r) {
    for (int[] f : ROWS) {
      int columns = r.columns() * f[0] / 4;
      int lanes = r.lanes() * f[1] / 4;
      if (4 * columns == r.columns() * f[0] && 4 * lanes == r.lanes() * f[1]) {
        addRows(p, new DeviceSchedule.Rows(columns, lanes, f[2], r.alongDepth()));
      }
    }
  }

  private void addRows(SumOfProducts p, DeviceSchedule.Rows r) {
    if (r.columns() >= 1
        && r.lanes() >= 1
        && r.columns() < 2 * p.columnCount()
        && r.lanes() < 2 * p.depthCount()
        && (r.each() == 1 || p.columnCount() % r.groupColumns() == 0)
        && r.items() <= limits.groupItems()
        && RowsWriter.localBytes(p, r.items()) <= limits.localBytes()) {
      add(r);
    }
  }

  private void tiled(SumOfProducts p, DeviceSchedule.Tiled t) {
    addTiled(p, t);
    for (int[] shape : TILES) {
      int side = t.itemRows();
      addTiled(p, scheduler.contractions.divided(p, tile(side, shape)));
    }
    for (int[] shape : TILES) {
      int side = t.itemRows() / 2;
      if (side >= 4 && shape[0] == shape[1]) {
        addTiled(p, scheduler.contractions.divided(p, tile(side, shape)));
      }
    }
    addTiled(p, t.inParts(2 * t.parts()));
    addTiled(p, t.inParts(4 * t.parts()));
    addTiled(p, t.inParts(Math.max(1, t.parts() / 2)));
    addTiled(p, t.inParts(1));
  }

  private DeviceSchedule.Tiled tile(int side, int[] shape) {
    return new DeviceSchedule.Tiled(side, side, shape[0], shape[1], shape[2], 1, scheduler.points);
  }

  private void addTiled(SumOfProducts p, DeviceSchedule.Tiled t) {
    if (t.fills()
        && t.items() <= limits.groupItems()
        && t.localBytes() <= limits.localBytes()
        && t.tileRows() < 2 * p.rowCount()
        && t.tileColumns() < 2 * p.columnCount()
        && (t.parts() == 1
            || (long) t.parts() * t.depth() <= p.depthCount()
                && t.parts() * t.elements() <= Math.min(WORKSPACE, limits.elements(4)))) {
      add(t);
    }
  }
}
