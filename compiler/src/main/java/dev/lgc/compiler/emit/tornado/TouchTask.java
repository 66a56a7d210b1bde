package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A kernel that changes nothing: the task that a graph needs which only moves arrays to the device.
 * TornadoVM moves an array there if a task reads and writes it, and merely allocates one that the
 * first task only writes.
 *
 * @param className dotted binary name of its class, as in {@link DeviceTask}
 * @param classFile its bytes
 */
public record TouchTask(String className, byte[] classFile) {
  /**
   * An array it touches.
   *
   * @param allocateOnly whether its contents need not be moved
   */
  public record Touched(DType type, boolean allocateOnly) {
    private String key() {
      return type.keyword() + (allocateOnly ? "w" : "");
    }
  }

  /** The task that touches some arrays, its arguments after the kernel context. */
  public static TouchTask of(List<Touched> arrays) {
    String name = arrays.stream().map(Touched::key).collect(Collectors.joining("_", "touch_", ""));
    List<DType> types = arrays.stream().map(Touched::type).toList();
    byte[] file =
        TaskClass.write(name, types, (code, context, of) -> touch(code, context, of, arrays));
    return new TouchTask(TaskClass.PACKAGE + "." + name, file);
  }

  /** The first item stores the first element of each array where it was. */
  private static void touch(
      DeviceCode code,
      DeviceCode.Var context,
      List<DeviceCode.Var> variables,
      List<Touched> arrays) {
    TaskMethod.pushId(code, context, "globalIdx");
    code.ifBelow(
        code.saveInt("item"),
        1,
        () -> {
          for (int i = 0; i < arrays.size(); i++) {
            Touched t = arrays.get(i);
            MemRef.Device memory = new MemRef.Device(t.type, variables.get(i), 0, null);
            Runnable first = code.b::iconst_0;
            memory.set(code, first, () -> element(code, t, memory, first));
          }
        });
  }

  private static void element(DeviceCode code, Touched t, MemRef.Device memory, Runnable first) {
    if (!t.allocateOnly) {
      memory.get(code, first);
    } else if (t.type == DType.F32) {
      code.b.fconst_0();
    } else {
      code.b.iconst_0();
    }
  }
}
