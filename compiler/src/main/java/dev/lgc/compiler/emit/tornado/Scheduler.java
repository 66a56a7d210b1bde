package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Matches;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Chooses how a kernel is computed: by points where each is little work, or where neighbouring
 * points read neighbouring memory and there are plenty; by groups otherwise. That is a guess made
 * for any device; {@link #candidates} are what a tuner measures on one.
 */
public final class Scheduler {
  /**
   * Raised when what is emitted for a schedule changes so much that the times measured before say
   * nothing any more.
   */
  public static final int FORMAT = 1;

  /** Work-items of a group unless measured otherwise: more may lack registers. */
  private static final int GROUP_ITEMS = 256;

  /** Work-items of a group that has nothing to share. */
  private static final int ITEMS = 128;

  /** Elements that one work-item may loop over, and keep. */
  private static final int FEW = 32;

  /** Points that keep any device busy. */
  private static final int MANY = 1 << 14;

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

  final Kernel kernel;
  final DeviceLimits limits;
  final long points;

  /** Of a group, a power of two. */
  private final int groupItems;

  private Scheduler(Kernel kernel, DeviceLimits limits) {
    this.kernel = kernel;
    this.limits = limits;
    points = Axis.positions(kernel.space());
    groupItems = Integer.highestOneBit(Math.min(GROUP_ITEMS, limits.groupItems()));
  }

  /** The schedule of a kernel within a device's limits. */
  public static Schedule choose(Kernel kernel, DeviceLimits limits) {
    return new Scheduler(kernel, limits).choose();
  }

  /**
   * The schedules of a kernel within a device's limits that are worth measuring, the one that would
   * be chosen unmeasured first. Their texts differ.
   */
  public static List<Schedule> candidates(Kernel kernel, DeviceLimits limits) {
    Scheduler s = new Scheduler(kernel, limits);
    return new Candidates(s).of(s.choose());
  }

  private Schedule choose() {
    return SumOfProducts.of(kernel)
        .flatMap(this::product)
        .or(() -> lists(Math.min(ITEMS, limits.groupItems())))
        .orElseGet(() -> isForItems() ? points(ITEMS) : group(groupItems));
  }

  /** Lists for a sum of few positions, where looking at all of them is more than building lists. */
  Optional<Schedule> lists(int items) {
    if (kernel.stages().size() != 1) {
      return Optional.empty();
    }
    return Matches.of(kernel, 0, null)
        .filter(m -> m.value().dtype() == DType.F32)
        .filter(m -> m.positions(kernel) > FEW && points > m.row().extent() + m.positions(kernel))
        .filter(m -> points <= Integer.MAX_VALUE - items)
        .map(
            m -> new Schedule.Lists(items, m.row().extent(), Math.toIntExact(m.positions(kernel))));
  }

  /** A schedule for a contraction, where it uses elements often enough. */
  private Optional<Schedule> product(SumOfProducts p) {
    long fewer = Math.min(p.rowCount(), p.columnCount());
    long more = Math.max(p.rowCount(), p.columnCount());
    if (more < 2 || p.depthCount() < 8) {
      return Optional.empty();
    }
    if (fewer <= FEW_ROWS) {
      Optional<Schedule> rows = rows(RowsWriter.product(p));
      if (rows.isPresent()) {
        return rows;
      }
    }
    return groupItems < SIDE ? Optional.empty() : Optional.of(tiled(p));
  }

  private Optional<Schedule> rows(SumOfProducts p) {
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
    return Optional.of(new Schedule.Rows(columns, lanes, 1, alongDepth));
  }

  Schedule.Tiled tiled(SumOfProducts p) {
    int side = 1;
    while (4 * side * side <= groupItems && side < SIDE) {
      side *= 2;
    }
    int rows = registers(p.rowCount(), side);
    int columns = registers(p.columnCount(), side);
    Schedule.Tiled t = new Schedule.Tiled(side, side, rows, columns, SIDE, 1, points);
    while (t.localBytes() > limits.localBytes()) {
      if (t.rows() * t.columns() > 1) {
        rows = Math.max(1, rows / 2);
        columns = Math.max(1, columns / 2);
      } else {
        side /= 2;
      }
      t = new Schedule.Tiled(side, side, rows, columns, SIDE, 1, points);
    }
    return divided(p, t);
  }

  /** The same tiles with the sum in as many parts as keep the device busy. */
  Schedule.Tiled divided(SumOfProducts p, Schedule.Tiled t) {
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

  /** Whether one work-item can keep what a point needs. */
  boolean fitsItems() {
    long kept = 0;
    for (Stage s : kernel.stages()) {
      kept += s.target() instanceof Stage.Target.Scratch ? Axis.positions(s.axes()) : 0;
    }
    return kept <= FEW;
  }

  private boolean isForItems() {
    long work = 0;
    for (Stage s : kernel.stages()) {
      work += Axis.positions(s.axes()) * Axis.positions(s.reduction());
    }
    if (!fitsItems()) {
      return false;
    }
    return work <= FEW + kernel.stages().size() || points >= MANY && readsAcrossPoints();
  }

  /**
   * Whether neighbours in memory are read by neighbouring points rather than by neighbouring
   * positions of the stages' loops.
   */
  private boolean readsAcrossPoints() {
    Optional<Axis> last = Axis.innermost(kernel.space());
    int points = 0;
    int loops = 0;
    for (Stage s : kernel.stages()) {
      Optional<Axis> inner = Axis.innermost(s.reduction().isEmpty() ? s.axes() : s.reduction());
      for (Scalar.Load l : Expressions.loadsOf(s.value())) {
        Affine index = Affine.of(l.index().getFirst());
        points += last.isPresent() && index.stride(last.get()) == 1 ? 1 : 0;
        loops += inner.isPresent() && index.stride(inner.get()) == 1 ? 1 : 0;
      }
    }
    return points >= loops;
  }

  Schedule points(int most) {
    int items = Math.min(most, limits.groupItems());
    long groups = Math.ceilDiv(points, items);
    return new Schedule.Points(items, (int) Math.min(groups, Integer.MAX_VALUE / items));
  }

  /** Positions of the longest loop of a stage. */
  long widest() {
    long widest = 1;
    for (Stage s : kernel.stages()) {
      widest = Math.max(widest, Math.max(Axis.positions(s.axes()), Axis.positions(s.reduction())));
    }
    return widest;
  }

  /**
   * A group for each point.
   *
   * @param most items that it may have, a power of two
   */
  Schedule.Group group(int most) {
    int items = (int) Math.min(most, Long.highestOneBit(2 * widest() - 1));
    List<Schedule.Share> shares =
        kernel.stages().stream().map(s -> share(kernel, s, items)).toList();
    int room = limits.localBytes() - Tree.needs(kernel.stages(), shares).bytes(items);
    Set<Integer> spilled = spilled(room);
    int groups =
        (int) Math.min(points, spilled.isEmpty() ? Integer.MAX_VALUE / items : limits.groups());
    Map<DType, Long> workspace = new EnumMap<>(DType.class);
    for (Stage.Target.Scratch t : scratch()) {
      if (spilled.contains(t.number())) {
        long elements = groups * t.elements();
        workspace.merge(GroupWriter.spilledType(t.dtype()), elements, Long::sum);
      }
    }
    return new Schedule.Group(items, groups, shares, spilled, workspace);
  }

  private static Schedule.Share share(Kernel kernel, Stage s, int items) {
    long axes = Axis.positions(s.axes());
    long reduced = Axis.positions(s.reduction());
    if (s.reducer() != Reducer.NONE && reduced > FEW && axes <= items / 2) {
      return axes == 1 ? Schedule.Share.TOGETHER : Schedule.Share.SPLIT;
    }
    if (s.target() instanceof Stage.Target.Local) {
      return Schedule.Share.EVERY;
    }
    if (axes > items && BlockWriter.Block.of(kernel, s, items).isPresent()) {
      return Schedule.Share.BLOCKS;
    }
    return axes == 1 ? Schedule.Share.ONE : Schedule.Share.AXES;
  }

  private List<Stage.Target.Scratch> scratch() {
    List<Stage.Target.Scratch> all = new ArrayList<>();
    for (Stage s : kernel.stages()) {
      if (s.target() instanceof Stage.Target.Scratch t) {
        all.add(t);
      }
    }
    return all;
  }

  /** Scratch arrays that local memory has no room for, the largest first. */
  private Set<Integer> spilled(int room) {
    List<Stage.Target.Scratch> largest = new ArrayList<>(scratch());
    largest.sort(Comparator.comparingLong(t -> -t.elements()));
    long bytes = largest.stream().mapToLong(t -> 4 * t.elements()).sum();
    Set<Integer> spilled = new HashSet<>();
    for (Stage.Target.Scratch t : largest) {
      if (bytes > room) {
        spilled.add(t.number());
        bytes -= 4 * t.elements();
      }
    }
    return spilled;
  }
}
