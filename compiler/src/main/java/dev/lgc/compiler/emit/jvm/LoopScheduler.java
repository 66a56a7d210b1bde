package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SegmentedSum;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Chooses loops for a kernel: which axis its vectors run along, by an estimate of what each choice
 * costs.
 */
public final class LoopScheduler {
  /** Operations that one unit should be worth. */
  private static final long UNIT = 16384;

  /**
   * Positions of a unit at most. A method that is called often is compiled once, as a whole; one
   * with long loops is compiled in the middle of a loop first, and then again.
   */
  private static final int LONGEST = 512;

  /**
   * Positions of a unit whose neighbours walk along another axis: as many lines of memory as stay
   * in the nearest cache.
   */
  private static final int SWEPT = 128;

  /** Flattened loops must promise to take this part of the time. */
  private static final double WORTH_FLATTENING = 0.9;

  private LoopScheduler() {}

  /**
   * A choice of loops, and what it costs.
   *
   * @param cost in instructions
   */
  private record Choice(JvmSchedule.Loops loops, double cost) {}

  /**
   * The kernel whose loops a machine is to run for a kernel: the same with innermost loops that are
   * shorter than a vector flattened, if that is faster; else itself.
   */
  public static Kernel looped(Kernel kernel, Machine machine) {
    if (!isVectorised(kernel, machine)) {
      return kernel;
    }
    Kernel flat = LoopFlattening.flattened(kernel, machine.lanes());
    return !flat.equals(kernel)
            && best(flat, machine).cost < WORTH_FLATTENING * best(kernel, machine).cost
        ? flat
        : kernel;
  }

  /** Loops for a kernel on a machine. */
  public static JvmSchedule.Loops choose(Kernel kernel, Machine machine) {
    return isVectorised(kernel, machine) ? best(kernel, machine).loops : scalar(kernel);
  }

  private static boolean isVectorised(Kernel kernel, Machine machine) {
    return machine.lanes() >= 8 && hasLanes(kernel);
  }

  private static Choice best(Kernel kernel, Machine machine) {
    int width = machine.lanes();
    VectorizationCost cost = new VectorizationCost(kernel, width, machine.masks());
    JvmSchedule.Loops best = scalar(kernel);
    double least = kernel.space().isEmpty() ? Double.POSITIVE_INFINITY : cost.scalar();
    for (Axis axis : candidates(kernel)) {
      double c = cost.space(axis);
      if (c < least) {
        least = c;
        best = space(kernel, axis, width);
      }
    }
    List<Optional<Axis>> inner = new ArrayList<>();
    double c = 0;
    for (Stage stage : kernel.stages()) {
      VectorizationCost.Choice choice = cost.inner(stage);
      inner.add(choice.axis());
      c += choice.cost();
    }
    // A stage that runs once adds up in the same order whatever stages it shares a kernel with:
    // sums of squares are the same on any number of ranks. So its own cost decides.
    c += kernel.space().isEmpty() ? 0 : cost.calls();
    if (c < least && inner.stream().anyMatch(Optional::isPresent)) {
      best = new JvmSchedule.Loops(new JvmSchedule.Lanes.Inner(inner), width, 1);
      least = c;
    }
    return new Choice(best, least);
  }

  /** The loops every kernel can have. */
  public static JvmSchedule.Loops scalar(Kernel kernel) {
    List<Axis> axes = candidates(kernel);
    if (axes.isEmpty()) {
      List<Optional<Axis>> none =
          kernel.stages().stream().map(_ -> Optional.<Axis>empty()).toList();
      return new JvmSchedule.Loops(new JvmSchedule.Lanes.Inner(none), 1, 1);
    }
    return space(kernel, axes.getLast(), 1);
  }

  /**
   * Axes of the space that may be the innermost loop: not those whose points visit lists of their
   * own.
   */
  private static List<Axis> candidates(Kernel kernel) {
    List<Axis> axes = new ArrayList<>(kernel.space());
    for (int i = 0; i < kernel.stages().size(); i++) {
      SegmentedSum.of(kernel, i, null).ifPresent(m -> axes.remove(m.row()));
    }
    return axes;
  }

  private static JvmSchedule.Loops space(Kernel kernel, Axis axis, int width) {
    Optional<Axis> sweep = sweep(kernel, axis);
    int grain = grain(kernel, axis, width);
    return new JvmSchedule.Loops(
        new JvmSchedule.Lanes.Space(axis),
        width,
        sweep.isPresent() ? Math.min(grain, Math.max(width, SWEPT)) : grain,
        sweep);
  }

  /** An axis along which something is dense that is not dense along the lane axis. */
  private static Optional<Axis> sweep(Kernel kernel, Axis lanes) {
    for (Stage s : kernel.stages()) {
      List<Scalar> indexes = new ArrayList<>();
      Expressions.loadsOf(s.value()).forEach(l -> indexes.add(l.index().getFirst()));
      if (s.target() instanceof Stage.Target.Store store) {
        indexes.add(store.index());
      }
      for (Scalar index : indexes) {
        Affine at = Affine.of(index);
        if (Math.abs(at.stride(lanes)) > 16) {
          for (Axis other : kernel.space()) {
            if (at.stride(other) == 1 && other.extent() > 1) {
              return Optional.of(other);
            }
          }
        }
      }
    }
    return Optional.empty();
  }

  private static int grain(Kernel kernel, Axis axis, int width) {
    long perPoint = 0;
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage s = kernel.stages().get(i);
      long visited =
          SegmentedSum.of(kernel, i, axis).isPresent() ? 4 : Axis.positions(s.reduction());
      perPoint += Math.multiplyExact(Axis.positions(s.axes()), visited);
    }
    long longest = Math.min(axis.extent(), LONGEST);
    long grain = Math.clamp(UNIT / Math.max(1, perPoint), 1, longest);
    return Math.toIntExact((grain + width - 1) / width * width);
  }

  /** Returns true if all that may vary between lanes has vector types. */
  static boolean hasLanes(Kernel kernel) {
    return kernel.buffers().stream().allMatch(LoopScheduler::hasLanes)
        && kernel.stages().stream()
            .allMatch(
                s ->
                    hasLanes(s.value())
                        && !(s.reducer() != Reducer.NONE && s.value().dtype() == DType.BOOL));
  }

  private static boolean hasLanes(Buffer b) {
    return VectorFunctions.lanes(b.dtype())
        || b.access() == Buffer.Access.READ && VectorFunctions.widens(b.dtype())
        || b.access() == Buffer.Access.WRITE && b.dtype() == DType.BF16;
  }

  private static boolean hasLanes(Scalar s) {
    if (s instanceof Scalar.Apply(Function f, _, List<Scalar> x)
        && f == Function.TO_F32
        && x.getFirst() instanceof Scalar.Load l
        && VectorFunctions.widens(l.dtype())) {
      return l.children().stream().allMatch(LoopScheduler::hasLanes);
    }
    // What is rounded to BF16 is stored, or kept to be stored.
    boolean rounded =
        s.dtype() == DType.BF16
            && (s instanceof Scalar.Local l && l.index().isEmpty()
                || s instanceof Scalar.Apply a && a.operands().getFirst().dtype() == DType.F32);
    return (rounded || VectorFunctions.lanes(s.dtype()))
        && s.children().stream().allMatch(LoopScheduler::hasLanes);
  }
}
