package dev.lgc.runtime.device.tornado;

import static dev.lgc.runtime.device.tornado.TornadoReflection.constructor;
import static dev.lgc.runtime.device.tornado.TornadoReflection.create;
import static dev.lgc.runtime.device.tornado.TornadoReflection.invoke;
import static dev.lgc.runtime.device.tornado.TornadoReflection.method;
import static dev.lgc.runtime.device.tornado.TornadoReflection.type;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * An execution plan of TornadoVM: task graphs for a device, which share the arrays on it. They are
 * compiled, run, and their arrays brought to the host one graph at a time, by its number.
 */
final class TaskGraphPlan implements AutoCloseable {
  private static final String CUDA = "cuda";

  /**
   * Tasks from which on a graph is recorded by CUDA when it first runs, and started as a whole from
   * then on: TornadoVM takes longer to start a small kernel than a GPU to run it.
   */
  private static final int RECORDED = 8;

  private final Api api;
  private final Object plan;
  private final Object[] arrays;
  private Object result;
  private int last;

  /** The calls of TornadoVM that make, compile and run execution plans. */
  static final class Api {
    private final Class<?> planType = type("TornadoExecutionPlan");
    private final Class<?> immutableType = type("ImmutableTaskGraph");
    private final Constructor<?> newPlan = constructor(planType, immutableType.arrayType());
    private final Method withDevice = method(planType, "withDevice", type("common.TornadoDevice"));
    private final Method withGraph = method(planType, "withGraph", int.class);
    private final Method withPreCompilation = method(planType, "withPreCompilation");
    private final Method withPrintKernel = method(planType, "withPrintKernel");
    private final Method withRecording = method(planType, "withCUDAGraph");
    private final Method execute = method(planType, "execute");
    private final Method close = method(planType, "close");

    private final Class<?> schedulerType = type("GridScheduler");
    private final Class<?> workerType = type("WorkerGrid");
    private final Constructor<?> newScheduler = constructor(schedulerType);
    private final Method addWorker =
        method(schedulerType, "addWorkerGrid", String.class, workerType);
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
  }

  /**
   * @param arrays all that are on the device, for {@link #download}
   */
  TaskGraphPlan(Api api, List<TaskGraph> graphs, Object[] arrays, TornadoDeviceInfo device) {
    this.api = api;
    this.arrays = arrays;
    Object immutable = Array.newInstance(api.immutableType, graphs.size());
    Object scheduler = create(api.newScheduler);
    for (int i = 0; i < graphs.size(); i++) {
      Array.set(immutable, i, graphs.get(i).snapshot());
      for (TaskGraph.Grid g : graphs.get(i).grids()) {
        Object worker = create(api.newWorker, g.global());
        invoke(api.setLocal, worker, (long) g.local(), 1L, 1L);
        invoke(api.addWorker, scheduler, g.task(), worker);
      }
    }
    plan = create(api.newPlan, immutable);
    invoke(api.withScheduler, plan, scheduler);
    invoke(api.withDevice, plan, device.device());
    for (int i = 0; i < graphs.size(); i++) {
      if (device.backend().equals(CUDA) && graphs.get(i).grids().size() >= RECORDED) {
        invoke(api.withGraph, plan, i);
        invoke(api.withRecording, plan);
      }
    }
  }

  /** Compiles a graph's kernels. */
  void compile(int graph) {
    invoke(api.withGraph, plan, graph);
    invoke(api.withPreCompilation, plan);
  }

  /** Compiles a graph's kernels; returns what they became, OpenCL C for example. */
  String print(int graph) {
    PrintStream out = System.out;
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    System.setOut(new PrintStream(text, true, StandardCharsets.UTF_8));
    try {
      invoke(api.withGraph, plan, graph);
      invoke(api.withPrintKernel, plan);
      invoke(api.withPreCompilation, plan);
    } finally {
      System.setOut(out);
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  void run(int graph) {
    invoke(api.withGraph, plan, graph);
    result = invoke(api.execute, plan);
    last = graph;
    forgetResults();
  }

  /**
   * Copies elements of an array to the host, as the last run left them. Always by ranges: a copy of
   * the whole array after one of a range copies as much as the range had.
   */
  void download(int array, long offset, long elements) {
    Object range = create(api.newRange, arrays[array]);
    invoke(api.withOffset, range, offset);
    invoke(api.withSize, range, elements);
    invoke(api.withGraph, plan, last);
    invoke(api.download, result, range);
  }

  /** A plan keeps the result of every run, for ever. */
  private void forgetResults() {
    try {
      Field results = api.planType.getDeclaredField("planResults");
      results.setAccessible(true);
      ((List<?>) results.get(plan)).clear();
    } catch (ReflectiveOperationException | RuntimeException e) {
      return; // another version, which may not
    }
  }

  @Override
  public void close() {
    invoke(api.close, plan);
  }
}
