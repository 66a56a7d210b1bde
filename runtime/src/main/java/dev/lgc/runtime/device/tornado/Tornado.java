package dev.lgc.runtime.device.tornado;

import dev.lgc.compiler.emit.tornado.DeviceArray;
import dev.lgc.dsl.type.DType;
import dev.lgc.runtime.io.BadInputException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * TornadoVM's API as far as it is used, reached by reflection: lgc is built without TornadoVM. All
 * of it is looked up before anything is used, so a version that lacks something says so at once.
 */
final class Tornado {
  private static final String API = "uk.ac.manchester.tornado.api.";

  private static final String CUDA = "cuda";

  /**
   * Tasks from which on a graph is recorded by CUDA when it first runs, and started as a whole from
   * then on: TornadoVM takes longer to start a small kernel than a GPU to run it.
   */
  private static final int RECORDED = 8;

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

  private final int everyExecution =
      constant(type("enums.DataTransferMode"), "EVERY_EXECUTION").intValue();
  private final int headerBytes =
      constant(type("types.arrays.TornadoNativeArray"), "ARRAY_HEADER").intValue();

  private final Class<?> graphType = type("TaskGraph");
  private final Constructor<?> newGraph = constructor(graphType, String.class);
  private final Method upload = method(graphType, "transferToDevice", int.class, Object[].class);
  private final Method consume =
      method(graphType, "consumeFromDevice", String.class, Object[].class);
  private final Method persist = method(graphType, "persistOnDevice", Object[].class);
  private final Method snapshot = method(graphType, "snapshot");
  private final Constructor<?> newContext = constructor(type("KernelContext"));

  private final Class<?> planType = type("TornadoExecutionPlan");
  private final Class<?> immutableType = type("ImmutableTaskGraph");
  private final Constructor<?> newPlan = constructor(planType, immutableType.arrayType());
  private final Class<?> deviceType = type("common.TornadoDevice");
  private final Method withDevice = method(planType, "withDevice", deviceType);
  private final Method withGraph = method(planType, "withGraph", int.class);
  private final Method withPreCompilation = method(planType, "withPreCompilation");
  private final Method withPrintKernel = method(planType, "withPrintKernel");
  private final Method withRecording = method(planType, "withCUDAGraph");
  private final Method execute = method(planType, "execute");
  private final Method close = method(planType, "close");

  private final Class<?> schedulerType = type("GridScheduler");
  private final Class<?> workerType = type("WorkerGrid");
  private final Constructor<?> newScheduler = constructor(schedulerType);
  private final Method addWorker = method(schedulerType, "addWorkerGrid", String.class, workerType);
  private final Method withScheduler = method(planType, "withGridScheduler", schedulerType);
  private final Class<?> workerType1 = type("WorkerGrid1D");
  private final Constructor<?> newWorker = constructor(workerType1, int.class);
  private final Method setLocal =
      method(workerType1, "setLocalWork", long.class, long.class, long.class);

  private final Class<?> rangeType = type("DataRange");
  private final Constructor<?> newRange =
      constructor(rangeType, type("types.arrays.TornadoNativeArray"));
  private final Method withOffset = method(rangeType, "withOffset", long.class);
  private final Method withSize = method(rangeType, "withSize", long.class);
  private final Method download =
      method(type("TornadoExecutionResult"), "transferToHost", rangeType);

  private final Method devices = method(type("TornadoDeviceMap"), "getAllBackends");
  private final Constructor<?> newDevices = constructor(type("TornadoDeviceMap"));
  private final Method backendDevices = method(type("TornadoBackend"), "getAllDevices");
  private final Method backendType = method(type("TornadoBackend"), "getBackendType");
  private final Method kind = method(deviceType, "getDeviceType");
  private final Method memory = method(deviceType, "getMaxGlobalMemory");
  private final Method largest = method(deviceType, "getMaxAllocMemory");
  private final Method localMemory = method(deviceType, "getDeviceLocalMemorySize");
  private final Method platform = method(deviceType, "getPlatformName");
  private final Method physical = method(deviceType, "getPhysicalDevice");
  private final Class<?> physicalType = type("TornadoTargetDevice");
  private final Method deviceName = method(physicalType, "getDeviceName");
  private final Method units = method(physicalType, "getDeviceMaxComputeUnits");
  private final Method groupItems = method(physicalType, "getDeviceMaxWorkGroupSize");

  private Tornado() {}

  /** Whether this JVM was started so that it can run TornadoVM. */
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
   * A device that TornadoVM found.
   *
   * @param number as in {@code tornado:0}
   * @param name its maker's
   * @param backend such as {@code opencl}
   * @param gpu whether it is a GPU, and not a processor that poses as a device
   * @param bytes of its memory
   * @param arrayBytes that one array may have
   * @param localBytes of a work-group's memory
   * @param groupItems of a work-group
   * @param units that run work-groups at the same time
   * @param driver its version, where the backend tells it
   */
  record Found(
      int number,
      String name,
      String backend,
      boolean gpu,
      long bytes,
      long arrayBytes,
      long localBytes,
      int groupItems,
      int units,
      String driver,
      Object device) {}

  /**
   * The devices there are, in TornadoVM's order.
   *
   * @throws BadInputException if there are none
   */
  List<Found> devices() {
    List<Found> found = new ArrayList<>();
    try {
      for (Object backend : (List<?>) invoke(devices, create(newDevices))) {
        String name = invoke(backendType, backend).toString().toLowerCase(Locale.ROOT);
        for (Object d : (List<?>) invoke(backendDevices, backend)) {
          Object p = invoke(physical, d);
          found.add(
              new Found(
                  found.size(),
                  invoke(deviceName, p).toString().strip(),
                  name,
                  invoke(kind, d).toString().equals("GPU"),
                  (long) invoke(memory, d),
                  (long) invoke(largest, d),
                  (long) invoke(localMemory, d),
                  (int) Arrays.stream((long[]) invoke(groupItems, p)).max().orElse(1),
                  (int) invoke(units, p),
                  driver(d, p),
                  d));
        }
      }
    } catch (RuntimeException | LinkageError e) {
      throw noDriver(message(e), e);
    }
    if (found.isEmpty()) {
      throw noDriver("it finds no device", null);
    }
    return found;
  }

  /** The platform and, where the backend tells it, the version of the driver. */
  private String driver(Object device, Object physical) {
    String name = String.valueOf(invoke(platform, device)).strip();
    try {
      Method version = physical.getClass().getMethod("getDriverVersion");
      return name + " " + String.valueOf(version.invoke(physical)).strip();
    } catch (ReflectiveOperationException | RuntimeException e) {
      return name; // a backend whose devices do not say
    }
  }

  private static BadInputException noDriver(String why, Throwable cause) {
    return new BadInputException(
        "TornadoVM cannot compute here: " + why,
        "a GPU and its driver (OpenCL or CUDA, as the SDK's backend is)",
        "`clinfo -l` or `nvidia-smi` says what the system has; --device cpu needs no driver",
        cause);
  }

  /**
   * What an exception and its causes say, on one line, without colours, and without what it never
   * does here.
   */
  static String message(Throwable e) {
    String said = "";
    for (Throwable t = e; t != null; t = t.getCause()) {
      String m = t.getMessage();
      if (m != null && !m.isBlank()) {
        said =
            m.replaceAll(
                    "\u001b\\[[0-9;]*m|\\[[A-Z]+\\] | Deoptimizing to sequential execution\\.", "")
                .strip()
                .lines()
                .findFirst()
                .orElse("");
      } else if (said.isEmpty()) {
        said = t.getClass().getSimpleName();
      }
    }
    return said;
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

  /** A task graph in the making. */
  final class Graph {
    private final String name;
    private final Object graph;
    private final Object context = create(newContext);
    private final List<Object[]> workers = new ArrayList<>();

    Graph(String name) {
      this.name = name;
      this.graph = create(newGraph, name);
    }

    String name() {
      return name;
    }

    int tasks() {
      return workers.size();
    }

    /** The host's arrays are copied to the device whenever the graph runs. */
    Graph upload(List<Object> arrays) {
      invoke(upload, graph, everyExecution, arrays.toArray());
      return this;
    }

    /** The arrays are on the device; graph {@code from} brought them there. */
    Graph consume(String from, List<Object> arrays) {
      invoke(consume, graph, from, arrays.toArray());
      return this;
    }

    /** The arrays stay on the device. */
    Graph persist(List<Object> arrays) {
      invoke(persist, graph, new Object[] {arrays.toArray()});
      return this;
    }

    /**
     * A kernel.
     *
     * @param code an instance of an emitted class
     * @param arrays what it takes besides the context
     */
    void task(String id, Object code, List<Object> arrays, int global, int local) {
      Object[] arguments = new Object[arrays.size() + 3];
      arguments[0] = id;
      arguments[1] = code;
      arguments[2] = context;
      for (int i = 0; i < arrays.size(); i++) {
        arguments[i + 3] = arrays.get(i);
      }
      Method add =
          Arrays.stream(graphType.getMethods())
              .filter(m -> m.getName().equals("task") && m.getReturnType() == graphType)
              .filter(m -> m.getParameterCount() == arguments.length)
              .findFirst()
              .orElseThrow(() -> wrong("TaskGraph.task of " + arguments.length, null));
      invoke(add, graph, arguments);
      workers.add(new Object[] {name + "." + id, global, local});
    }
  }

  /** Graphs that share what is on a device. */
  final class Plan implements AutoCloseable {
    private final Object plan;
    private final Object[] arrays;
    private Object result;
    private int last;

    /**
     * @param arrays all that are on the device, for {@link #download}
     */
    Plan(List<Graph> graphs, Object[] arrays, Found device) {
      this.arrays = arrays;
      Object immutable = java.lang.reflect.Array.newInstance(immutableType, graphs.size());
      Object scheduler = create(newScheduler);
      for (int i = 0; i < graphs.size(); i++) {
        java.lang.reflect.Array.set(immutable, i, invoke(snapshot, graphs.get(i).graph));
        for (Object[] w : graphs.get(i).workers) {
          Object worker = create(newWorker, w[1]);
          invoke(setLocal, worker, (long) (int) w[2], 1L, 1L);
          invoke(addWorker, scheduler, w[0], worker);
        }
      }
      plan = create(newPlan, immutable);
      invoke(withScheduler, plan, scheduler);
      invoke(withDevice, plan, device.device());
      for (int i = 0; i < graphs.size(); i++) {
        if (device.backend().equals(CUDA) && graphs.get(i).tasks() >= RECORDED) {
          invoke(withGraph, plan, i);
          invoke(withRecording, plan);
        }
      }
    }

    /** Compiles a graph's kernels. */
    void compile(int graph) {
      invoke(withGraph, plan, graph);
      invoke(withPreCompilation, plan);
    }

    /** Compiles a graph's kernels; returns what they became, OpenCL C for example. */
    String print(int graph) {
      PrintStream out = System.out;
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      System.setOut(new PrintStream(text, true, StandardCharsets.UTF_8));
      try {
        invoke(withGraph, plan, graph);
        invoke(withPrintKernel, plan);
        invoke(withPreCompilation, plan);
      } finally {
        System.setOut(out);
      }
      return text.toString(StandardCharsets.UTF_8);
    }

    void run(int graph) {
      invoke(withGraph, plan, graph);
      result = invoke(execute, plan);
      last = graph;
      forgetResults();
    }

    /**
     * Copies elements of an array to the host, as the last run left them. Always by ranges: a copy
     * of the whole array after one of a range copies as much as the range had.
     */
    void download(int array, long offset, long elements) {
      Object range = create(newRange, arrays[array]);
      invoke(withOffset, range, offset);
      invoke(withSize, range, elements);
      invoke(withGraph, plan, last);
      invoke(download, result, range);
    }

    /** A plan keeps the result of every run, for ever. */
    private void forgetResults() {
      try {
        java.lang.reflect.Field results = planType.getDeclaredField("planResults");
        results.setAccessible(true);
        ((List<?>) results.get(plan)).clear();
      } catch (ReflectiveOperationException | RuntimeException e) {
        return; // another version, which may not
      }
    }

    @Override
    public void close() {
      invoke(close, plan);
    }
  }

  private static Class<?> type(String name) {
    return named(API + name);
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name, false, ClassLoader.getSystemClassLoader());
    } catch (ClassNotFoundException e) {
      throw wrong(name, e);
    }
  }

  private static Method method(Class<?> of, String name, Class<?>... parameters) {
    try {
      return of.getMethod(name, parameters);
    } catch (NoSuchMethodException e) {
      throw wrong(of.getSimpleName() + "." + name, e);
    }
  }

  private static Constructor<?> constructor(Class<?> of, Class<?>... parameters) {
    try {
      return of.getConstructor(parameters);
    } catch (NoSuchMethodException e) {
      throw wrong("new " + of.getSimpleName(), e);
    }
  }

  private static Number constant(Class<?> of, String name) {
    try {
      return (Number) of.getField(name).get(null);
    } catch (ReflectiveOperationException e) {
      throw wrong(of.getSimpleName() + "." + name, e);
    }
  }

  private static BadInputException wrong(String what, Throwable cause) {
    return new BadInputException(
        "this version of TornadoVM has no " + what,
        "TornadoVM 5.2.0, with which lgc was tested",
        "set " + Sdk.VARIABLE + " to such a version",
        cause);
  }

  private static Object invoke(Method m, Object on, Object... arguments) {
    try {
      return m.invoke(on, arguments);
    } catch (InvocationTargetException e) {
      throw unwrapped(e);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object create(Constructor<?> c, Object... arguments) {
    try {
      return c.newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw unwrapped(e);
    } catch (InstantiationException | IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RuntimeException unwrapped(InvocationTargetException e) {
    switch (e.getCause()) {
      case RuntimeException r -> throw r;
      case Error r -> throw r;
      case null, default -> throw new IllegalStateException(e.getCause());
    }
  }
}
