package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.dsl.type.DType;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Writes the tasks of one call of a kernel. */
final class TaskWriter {
  private final Kernel kernel;
  private final KernelCall call;
  private final DeviceLayout.Call places;
  private final List<DeviceArray> arrays;

  /** Numbers of the arrays the task takes. */
  private final List<Integer> taken;

  TaskWriter(Kernel kernel, KernelCall call, DeviceLayout.Call places, List<DeviceArray> arrays) {
    this.kernel = kernel;
    this.call = call;
    this.places = places;
    this.arrays = arrays;
    TreeSet<Integer> numbers = new TreeSet<>();
    places.buffers().forEach(p -> numbers.add(p.array()));
    places.workspace().values().forEach(p -> numbers.add(p.array()));
    places.checks().values().forEach(p -> numbers.add(p.array()));
    taken = List.copyOf(numbers);
  }

  /**
   * The task.
   *
   * @param name of the method and, with the package, of the class
   * @param body writes what the kernel does; it must fall through at the end
   */
  DeviceTask write(String name, int groups, int items, Consumer<TaskMethod> body) {
    List<DType> types = taken.stream().map(n -> arrays.get(n).dtype()).toList();
    byte[] file =
        TaskClass.write(
            name,
            types,
            (code, context, variables) -> body.accept(method(code, context, variables)));
    String className = TaskClass.PACKAGE + "." + name;
    return new DeviceTask(name, className, file, taken, groups * items, items, call);
  }

  private TaskMethod method(
      DeviceCode code, DeviceCode.Var context, List<DeviceCode.Var> variables) {
    Map<DType, MemRef.Device> workspace = new EnumMap<>(DType.class);
    places.workspace().forEach((t, p) -> workspace.put(t, memory(variables, p)));
    List<MemRef.Device> buffers = places.buffers().stream().map(p -> memory(variables, p)).toList();
    Map<Integer, MemRef.Device> checks = new HashMap<>();
    places.checks().forEach((extent, p) -> checks.put(extent, memory(variables, p)));
    return new TaskMethod(kernel, code, context, buffers, workspace, checks);
  }

  private MemRef.Device memory(List<DeviceCode.Var> variables, DeviceLayout.Place p) {
    DeviceCode.Var array = variables.get(taken.indexOf(p.array()));
    return new MemRef.Device(arrays.get(p.array()).dtype(), array, p.offset(), null);
  }
}
