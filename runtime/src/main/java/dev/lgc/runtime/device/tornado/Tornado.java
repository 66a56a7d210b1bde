package dev.lgc.runtime.device.tornado;

import static dev.lgc.runtime.device.tornado.TornadoReflection.constant;
import static dev.lgc.runtime.device.tornado.TornadoReflection.invoke;
import static dev.lgc.runtime.device.tornado.TornadoReflection.method;
import static dev.lgc.runtime.device.tornado.TornadoReflection.named;
import static dev.lgc.runtime.device.tornado.TornadoReflection.type;

import dev.lgc.compiler.emit.tornado.DeviceArray;
import dev.lgc.dsl.type.DType;
import dev.lgc.runtime.io.BadInputException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/**
 * TornadoVM's API as far as it is used, reached by reflection: lgc is built without TornadoVM. All
 * of it is looked up before anything is used, so a version that lacks something says so at once.
 */
final class Tornado {
  private static final Map<String, String> OPTIONS =
      Map.of(
          // By default the JVM computes what fails on the device, silently, with wrong results.
          "tornado.recover.bailout", "False",
          // Fusing products and sums fails on x + x where x is a product; drivers fuse anyway.
          "tornado.enable.fma", "False",
          // The default allows OpenCL to suppose that there are no infinities and no NaN.
          "tornado.opencl.compiler.flags", "-w",
          // Graphs are cut by how many tasks they hold, not by how long they are.
          "tornado.tvm.maxbytecodesize", "1048576",
          // Otherwise 4 GB, whatever the device has.
          "tornado.device.memory", "1024TB",
          // Else CUDA has all of an array's pages fetched, and kept, that the host never looks at.
          "tornado.cuda.host.pinning", "False",
          // 128 KB for each list of events, which nothing here uses, are else filled before a run.
          "tornado.max.events", "64");

  private final int headerBytes =
      constant(type("types.arrays.TornadoNativeArray"), "ARRAY_HEADER").intValue();
  private final TornadoDevices devices = new TornadoDevices();
  private final TaskGraph.Api graphs = new TaskGraph.Api();
  private final TaskGraphPlan.Api plans = new TaskGraphPlan.Api();

  private Tornado() {}

  /** Returns true if this JVM was started so that it can run TornadoVM. */
  static boolean isHere() {
    return ClassLoader.getSystemClassLoader() instanceof KernelLoader;
  }

  /**
   * TornadoVM, ready to use.
   *
   * @throws BadInputException if it cannot be used, saying why
   */
  static Tornado load() {
    OPTIONS.forEach(System::setProperty); // TornadoVM reads them when it is first used
    return new Tornado();
  }

  /**
   * The devices there are, in TornadoVM's order.
   *
   * @throws BadInputException if there are none
   */
  List<TornadoDeviceInfo> devices() {
    return devices.all();
  }

  /** Bytes in front of an array's elements, in the memory that it wraps. */
  int headerBytes() {
    return headerBytes;
  }

  /** An array over memory that begins with {@link #headerBytes}; nothing is copied. */
  Object array(DType type, MemorySegment memory) {
    Class<?> array = named(DeviceArray.className(type));
    return invoke(method(array, "fromSegmentShallow", MemorySegment.class), null, memory);
  }

  /** An empty task graph. */
  TaskGraph graph(String name) {
    return new TaskGraph(graphs, name);
  }

  /**
   * Graphs that share what is on a device.
   *
   * @param arrays all that are on the device, for {@link TaskGraphPlan#download}
   */
  TaskGraphPlan plan(List<TaskGraph> graphs, Object[] arrays, TornadoDeviceInfo device) {
    return new TaskGraphPlan(plans, graphs, arrays, device);
  }
}
