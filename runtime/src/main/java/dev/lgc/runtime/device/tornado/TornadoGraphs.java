package dev.lgc.runtime.device.tornado;

import dev.lgc.compiler.emit.tornado.DeviceArray;
import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.emit.tornado.TouchTask;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.exec.CallObserver;
import dev.lgc.runtime.exec.StepFault;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A plan's steps as TornadoVM's task graphs, which share the arrays on the device. For that, every
 * graph takes every array from the graph that ran before it and leaves it there, used or not; the
 * first two graphs bring arrays up.
 */
final class TornadoGraphs implements AutoCloseable {
  private static final String ALL = "lgc_all";
  private static final int ALL_GRAPH = 0;
  private static final int INPUTS_GRAPH = 1;

  private final TornadoContext context;
  private final Tornado tornado;
  private final DeviceLayout layout;
  private final List<Object> arrays;

  /** Numbers of the arrays that have inputs of steps. */
  private final Set<Integer> inputs;

  private final boolean callsApart;
  private final KernelLoader.Classes classes;
  private final Map<String, List<Part>> steps = new HashMap<>();
  private final Set<String> compiled = new HashSet<>();
  private final TaskGraphPlan plan;

  /** A graph of a step: its number, and its tasks. */
  private record Part(int graph, List<DeviceTask> tasks) {
    KernelCall call() {
      return tasks.getFirst().call();
    }
  }

  TornadoGraphs(
      TornadoContext context,
      DeviceLayout layout,
      Object[] arrays,
      Set<Integer> inputs,
      Map<String, List<DeviceTask>> tasks,
      boolean callsApart) {
    this.context = context;
    this.tornado = context.tornado();
    this.layout = layout;
    this.arrays = Arrays.asList(arrays);
    this.inputs = Set.copyOf(inputs);
    this.callsApart = callsApart;
    this.classes = new KernelLoader.Classes(KernelLoader.system());
    List<TaskGraph> graphs = new ArrayList<>();
    graphs.add(upload(ALL, a -> true));
    graphs.add(upload("lgc_inputs", a -> inputs.isEmpty() || inputs.contains(a.number())));
    tasks.forEach(
        (step, all) -> {
          List<Part> parts = new ArrayList<>();
          for (List<DeviceTask> some : GraphSplit.of(all, callsApart)) {
            parts.add(new Part(graphs.size(), some));
            graphs.add(graph("g" + graphs.size(), some));
          }
          steps.put(step, parts);
        });
    plan = tornado.plan(graphs, arrays, context.found());
  }

  boolean callsApart() {
    return callsApart;
  }

  /** Moves some arrays up; what steps compute on the way to a result is only allocated. */
  private TaskGraph upload(String name, Predicate<DeviceArray> wanted) {
    List<Object> up = new ArrayList<>();
    List<Object> there = new ArrayList<>();
    List<Object> touched = new ArrayList<>();
    List<TouchTask.Touched> types = new ArrayList<>();
    for (DeviceArray a : layout.arrays()) {
      Object array = arrays.get(a.number());
      if (!wanted.test(a)) {
        there.add(array);
        continue;
      }
      boolean work = a.arena() == Arena.WORK;
      touched.add(array);
      types.add(new TouchTask.Touched(a.dtype(), work));
      if (!work) {
        up.add(array);
      }
    }
    TaskGraph g = tornado.graph(name);
    if (!up.isEmpty()) {
      g.upload(up);
    }
    if (!there.isEmpty()) {
      g.consume(ALL, there);
    }
    TouchTask task = TouchTask.of(types);
    Object kernel = classes.instance(task.className(), task.classFile());
    g.task("touch", kernel, touched, 1, 1);
    return g.persist(arrays);
  }

  private TaskGraph graph(String name, List<DeviceTask> tasks) {
    TaskGraph g = tornado.graph(name).consume(ALL, arrays);
    tasks.forEach(t -> add(g, t));
    return g.persist(arrays);
  }

  private void add(TaskGraph g, DeviceTask t) {
    try {
      List<Object> some = t.arrays().stream().map(arrays::get).toList();
      Object kernel = classes.instance(t.className(), t.classFile());
      g.task(t.name(), kernel, some, t.globalSize(), t.localSize());
    } catch (RuntimeException | LinkageError e) {
      throw refused(t, e);
    }
  }

  private static BadInputException refused(DeviceTask t, Throwable e) {
    String what = "TornadoVM cannot compile " + t.name() + ": " + TornadoMessage.of(e);
    StepFault fault = new StepFault(t.call(), what, e);
    return new BadInputException(
        fault.getMessage(),
        "",
        "what TornadoVM and the driver say is above; --device cpu needs neither",
        fault);
  }

  /** Compiles a step's kernels, once. */
  void compile(String step) {
    if (!compiled.contains(step)) {
      for (Part p : steps.get(step)) {
        try {
          plan.compile(p.graph);
        } catch (RuntimeException | Error e) {
          throw refused(culprit(p.tasks, e), e);
        }
      }
      compiled.add(step);
    }
  }

  /** The code that a step's kernels become: OpenCL C, for example. */
  String print(String step) {
    StringBuilder s = new StringBuilder();
    for (Part p : steps.get(step)) {
      try {
        s.append(plan.print(p.graph));
      } catch (RuntimeException | Error e) {
        throw refused(culprit(p.tasks, e), e);
      }
    }
    return s.toString();
  }

  /** The task that cannot be compiled: named in the message, or else found by trying each. */
  private DeviceTask culprit(List<DeviceTask> tasks, Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      for (DeviceTask task : tasks) {
        Pattern name = Pattern.compile("\\b" + Pattern.quote(task.name()) + "\\b");
        if (t.getMessage() != null && name.matcher(t.getMessage()).find()) {
          return task;
        }
      }
    }
    for (DeviceTask task : tasks) {
      TaskGraph alone = tornado.graph("alone").upload(arrays);
      add(alone, task);
      try (TaskGraphPlan p =
          tornado.plan(List.of(alone.persist(arrays)), arrays.toArray(), context.found())) {
        p.compile(0);
      } catch (RuntimeException | Error again) {
        return task;
      }
    }
    return tasks.getFirst();
  }

  /** Moves everything up that the host has. */
  void uploadAll() {
    try {
      plan.run(ALL_GRAPH);
    } catch (RuntimeException e) {
      throw new BadInputException(
          Text.format(
              "%s could not be given %.1f GB: %s",
              context.name(), layout.totalBytes() / 1e9, TornadoMessage.of(e)),
          "that much memory free",
          "see what else uses the device, or use a smaller batch",
          e);
    }
  }

  /**
   * Moves the inputs of steps up. TornadoVM gives this graph memory of its own for them: a step
   * that was recorded finds them where they were then, so it is always here, and never where {@link
   * #uploadAll} leaves them.
   */
  void uploadInputs() {
    if (!inputs.isEmpty()) {
      plan.run(INPUTS_GRAPH);
    }
  }

  /**
   * Runs a step.
   *
   * @param observer told of every call, or null; only if calls are apart
   */
  void run(String step, CallObserver observer) {
    KernelCall begun = null;
    for (Part p : steps.get(step)) {
      if (observer != null && !GraphSplit.isSame(p.call(), begun)) {
        if (begun != null) {
          observer.after(begun);
        }
        begun = p.call();
        observer.before(begun);
      }
      plan.run(p.graph);
    }
    if (begun != null) {
      observer.after(begun);
    }
  }

  /** Copies elements of an array to the host. */
  void download(int array, long offset, long elements) {
    plan.download(array, offset, elements);
  }

  @Override
  public void close() {
    plan.close();
  }
}
