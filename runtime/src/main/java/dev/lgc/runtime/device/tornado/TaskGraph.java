package dev.lgc.runtime.device.tornado;

import static dev.lgc.runtime.device.tornado.TornadoReflection.constant;
import static dev.lgc.runtime.device.tornado.TornadoReflection.constructor;
import static dev.lgc.runtime.device.tornado.TornadoReflection.create;
import static dev.lgc.runtime.device.tornado.TornadoReflection.invoke;
import static dev.lgc.runtime.device.tornado.TornadoReflection.method;
import static dev.lgc.runtime.device.tornado.TornadoReflection.type;
import static dev.lgc.runtime.device.tornado.TornadoReflection.wrong;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A task graph of TornadoVM in the making: the arrays that it moves, and its kernels. */
final class TaskGraph {
  private final Api api;
  private final String name;
  private final Object graph;
  private final Object context;
  private final List<Grid> grids = new ArrayList<>();

  /** The calls of TornadoVM that make task graphs. */
  static final class Api {
    private final int everyExecution =
        constant(type("enums.DataTransferMode"), "EVERY_EXECUTION").intValue();
    private final Class<?> graphType = type("TaskGraph");
    private final Constructor<?> newGraph = constructor(graphType, String.class);
    private final Method upload = method(graphType, "transferToDevice", int.class, Object[].class);
    private final Method consume =
        method(graphType, "consumeFromDevice", String.class, Object[].class);
    private final Method persist = method(graphType, "persistOnDevice", Object[].class);
    private final Method snapshot = method(graphType, "snapshot");
    private final Constructor<?> newContext = constructor(type("KernelContext"));

    /** {@code TaskGraph.task} of a kernel with {@code arguments}, its identifier among them. */
    private Method task(int arguments) {
      return Arrays.stream(graphType.getMethods())
          .filter(m -> m.getName().equals("task") && m.getReturnType() == graphType)
          .filter(m -> m.getParameterCount() == arguments)
          .findFirst()
          .orElseThrow(() -> wrong("TaskGraph.task of " + arguments, null));
    }
  }

  /**
   * The work-items of a task.
   *
   * @param task its full name
   * @param global work-items in all
   * @param local of each work-group
   */
  record Grid(String task, int global, int local) {}

  TaskGraph(Api api, String name) {
    this.api = api;
    this.name = name;
    this.graph = create(api.newGraph, name);
    this.context = create(api.newContext);
  }

  String name() {
    return name;
  }

  /** One for each task. */
  List<Grid> grids() {
    return grids;
  }

  /** Copies the host's arrays to the device whenever the graph runs. */
  TaskGraph upload(List<Object> arrays) {
    invoke(api.upload, graph, api.everyExecution, arrays.toArray());
    return this;
  }

  /** Takes arrays that graph {@code from} brought to the device. */
  TaskGraph consume(String from, List<Object> arrays) {
    invoke(api.consume, graph, from, arrays.toArray());
    return this;
  }

  /** Leaves the arrays on the device. */
  TaskGraph persist(List<Object> arrays) {
    invoke(api.persist, graph, new Object[] {arrays.toArray()});
    return this;
  }

  /**
   * Adds a kernel.
   *
   * @param code an instance of an emitted class
   * @param arrays its arguments after the context
   */
  void task(String id, Object code, List<Object> arrays, int global, int local) {
    Object[] arguments = new Object[arrays.size() + 3];
    arguments[0] = id;
    arguments[1] = code;
    arguments[2] = context;
    for (int i = 0; i < arrays.size(); i++) {
      arguments[i + 3] = arrays.get(i);
    }
    invoke(api.task(arguments.length), graph, arguments);
    grids.add(new Grid(name + "." + id, global, local));
  }

  /** TornadoVM's immutable copy of the graph. */
  Object snapshot() {
    return invoke(api.snapshot, graph);
  }
}
