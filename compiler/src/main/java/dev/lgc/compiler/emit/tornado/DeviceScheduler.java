package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SegmentedSum;
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
 * for any device; a tuner measures others on one.
 */
public final class DeviceScheduler {
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

  final Kernel kernel;
  final DeviceLimits limits;
  final long points;

  /** Of a group, a power of two. */
  private final int groupItems;

  final ContractionSchedules contractions;

  DeviceScheduler(Kernel kernel, DeviceLimits limits) {
    this.kernel = kernel;
    this.limits = limits;
    points = Axis.positions(kernel.space());
    groupItems = Integer.highestOneBit(Math.min(GROUP_ITEMS, limits.groupItems()));
    contractions = new ContractionSchedules(limits, groupItems, points);
  }

  /** The schedule of a kernel within a device's limits. */
  public static DeviceSchedule choose(Kernel kernel, DeviceLimits limits) {
    return new DeviceScheduler(kernel, limits).choose();
  }

  DeviceSchedule choose() {
    return SumOfProducts.of(kernel)
        .flatMap(contractions::choose)
        .or(() -> segments(Math.min(ITEMS, limits.groupItems())))
        .orElseGet(() -> isForItems() ? points(ITEMS) : group(groupItems));
  }

  /** Lists for a segmented sum, where a look at all positions costs more than building them. */
  Optional<DeviceSchedule> segments(int items) {
    if (kernel.stages().size() != 1) {
      return Optional.empty();
    }
    return SegmentedSum.of(kernel, 0, null)
        .filter(m -> m.value().dtype() == DType.F32)
        .filter(m -> m.positions(kernel) > FEW && points > m.row().extent() + m.positions(kernel))
        .filter(m -> points <= Integer.MAX_VALUE - items)
        .map(
            m ->
                new DeviceSchedule.Segments(
                    items, m.row().extent(), Math.toIntExact(m.positions(kernel))));
  }

  /** Returns true if one work-item can keep what a point needs. */
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
   * Returns true if neighbours in memory are read by neighbouring points rather than by
   * neighbouring positions of the stages' loops.
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

  DeviceSchedule points(int most) {
    int items = Math.min(most, limits.groupItems());
    long groups = Math.ceilDiv(points, items);
    return new DeviceSchedule.Points(items, (int) Math.min(groups, Integer.MAX_VALUE / items));
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
  DeviceSchedule.Group group(int most) {
    int items = (int) Math.min(most, Long.highestOneBit(2 * widest() - 1));
    List<DeviceSchedule.Share> shares =
        kernel.stages().stream().map(s -> share(kernel, s, items)).toList();
    int room = limits.localBytes() - TreeReduction.needs(kernel.stages(), shares).bytes(items);
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
    return new DeviceSchedule.Group(items, groups, shares, spilled, workspace);
  }

  private static DeviceSchedule.Share share(Kernel kernel, Stage s, int items) {
    long axes = Axis.positions(s.axes());
    long reduced = Axis.positions(s.reduction());
    if (s.reducer() != Reducer.NONE && reduced > FEW && axes <= items / 2) {
      return axes == 1 ? DeviceSchedule.Share.TOGETHER : DeviceSchedule.Share.SPLIT;
    }
    if (s.target() instanceof Stage.Target.Local) {
      return DeviceSchedule.Share.EVERY;
    }
    if (axes > items && BlockWriter.Block.of(kernel, s, items).isPresent()) {
      return DeviceSchedule.Share.BLOCKS;
    }
    return axes == 1 ? DeviceSchedule.Share.ONE : DeviceSchedule.Share.AXES;
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
