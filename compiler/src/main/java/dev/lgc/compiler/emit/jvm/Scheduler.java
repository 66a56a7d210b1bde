package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Chooses loops for a kernel: which axis its vectors run along, by an estimate of what each choice costs. */
public final class Scheduler {
  /** Operations that one unit should be worth. */
  private static final long UNIT = 16384;

  private Scheduler() {}

  /** Loops for a kernel on a machine. */
  public static Schedule.Loops choose(Kernel kernel, Machine machine) {
    if (machine.lanes() < 8 || !hasLanes(kernel)) {
      return scalar(kernel);
    }
    int width = machine.lanes();
    Cost cost = new Cost(kernel, width, machine.masks());
    Schedule.Loops best = scalar(kernel);
    double least = cost.scalar();
    for (Axis axis : kernel.space()) {
      double c = cost.space(axis);
      if (c < least) {
        least = c;
        best = new Schedule.Loops(new Schedule.Lanes.Space(axis), width, grain(kernel, axis, width));
      }
    }
    List<Optional<Axis>> inner = new ArrayList<>();
    double c = 0;
    for (Stage stage : kernel.stages()) {
      Cost.Choice choice = cost.inner(stage);
      inner.add(choice.axis());
      c += choice.cost();
    }
    c += cost.calls();
    if (c < least && inner.stream().anyMatch(Optional::isPresent)) {
      best = new Schedule.Loops(new Schedule.Lanes.Inner(inner), width, 1);
    }
    return best;
  }

  /** The loops every kernel can have. */
  public static Schedule.Loops scalar(Kernel kernel) {
    if (kernel.space().isEmpty()) {
      List<Optional<Axis>> none =
          kernel.stages().stream().map(_ -> Optional.<Axis>empty()).toList();
      return new Schedule.Loops(new Schedule.Lanes.Inner(none), 1, 1);
    }
    Axis last = kernel.space().getLast();
    return new Schedule.Loops(new Schedule.Lanes.Space(last), 1, grain(kernel, last, 1));
  }

  private static int grain(Kernel kernel, Axis axis, int width) {
    long perPoint = 0;
    for (Stage s : kernel.stages()) {
      perPoint +=
          Math.multiplyExact(
              ContractionShape.size(s.axes()), ContractionShape.size(s.reduction()));
    }
    long grain = Math.clamp(UNIT / Math.max(1, perPoint), 1, axis.extent());
    return Math.toIntExact((grain + width - 1) / width * width);
  }

  /** Whether all that may vary between lanes has vector types. */
  static boolean hasLanes(Kernel kernel) {
    return kernel.buffers().stream().allMatch(b -> VectorFunctions.lanes(b.dtype()))
        && kernel.stages().stream()
            .allMatch(
                s ->
                    hasLanes(s.value())
                        && !(s.reducer() != Reducer.NONE && s.value().dtype() == DType.BOOL));
  }

  private static boolean hasLanes(Scalar s) {
    return VectorFunctions.lanes(s.dtype()) && s.children().stream().allMatch(Scheduler::hasLanes);
  }
}
