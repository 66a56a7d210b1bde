package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Step;
import java.util.ArrayList;
import java.util.List;

/** Steps of a plan as tasks for TornadoVM. */
public final class TornadoEmitter {
  private TornadoEmitter() {}

  /**
   * The tasks of a step, in the order they must run in.
   *
   * @param layout of the same plan, for the device's limits
   * @param step name of the step
   * @throws UnsupportedException for what this target cannot do
   */
  public static List<DeviceTask> emit(ExecutionPlan plan, DeviceLayout layout, String step) {
    Step s = plan.step(step);
    List<DeviceTask> tasks = new ArrayList<>();
    List<KernelCall> calls = s.kernelCalls();
    for (int i = 0; i < calls.size(); i++) {
      KernelCall call = calls.get(i);
      Kernel kernel = plan.kernels().get(call.kernel());
      String name = identifier("lgc_" + step + "_" + i + "_" + kernel.name());
      DeviceLayout.Call places = layout.steps().get(step).get(i);
      TaskWriter writer = new TaskWriter(kernel, call, places, layout.arrays());
      tasks.addAll(tasks(writer, kernel, name, places.schedule()));
    }
    return tasks;
  }

  private static List<DeviceTask> tasks(
      TaskWriter writer, Kernel kernel, String name, DeviceSchedule schedule) {
    return switch (schedule) {
      case DeviceSchedule.Points p ->
          List.of(
              writer.write(
                  name, p.groups(), p.items(), method -> new PointsWriter(method, p).write()));
      case DeviceSchedule.Group g ->
          List.of(
              writer.write(
                  name, g.groups(), g.items(), method -> new GroupWriter(method, g).write()));
      case DeviceSchedule.Rows r -> {
        int groups = RowsWriter.groups(SumOfProducts.of(kernel).orElseThrow(), r);
        yield List.of(
            writer.write(name, groups, r.items(), method -> new RowsWriter(method, r).write()));
      }
      case DeviceSchedule.Segments l -> {
        int items = l.items();
        int linkers = Math.toIntExact(Math.ceilDiv(SegmentedSumWriter.linkers(l), items));
        int groups = Math.toIntExact(Math.ceilDiv(Axis.positions(kernel.space()), items));
        yield List.of(
            writer.write(
                name + "_links",
                linkers,
                items,
                method -> new SegmentedSumWriter(method, l).writeLinks()),
            writer.write(name, groups, items, method -> new SegmentedSumWriter(method, l).write()));
      }
      case DeviceSchedule.Tiled t -> {
        int groups = TiledWriter.groups(SumOfProducts.of(kernel).orElseThrow(), t);
        DeviceTask product =
            writer.write(name, groups, t.items(), method -> new TiledWriter(method, t).write());
        if (t.parts() == 1) {
          yield List.of(product);
        }
        int items = t.items();
        int sums = Math.toIntExact(Math.ceilDiv(t.elements(), items));
        yield List.of(
            product,
            writer.write(name + "_sum", sums, items, method -> SplitKWriter.writeSum(method, t)));
      }
    };
  }

  private static String identifier(String name) {
    return name.replaceAll("[^A-Za-z0-9_]", "_");
  }
}
