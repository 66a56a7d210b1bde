package dev.lgc.runtime.device.tornado;

import dev.lgc.compiler.emit.tornado.DeviceArray;
import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.runtime.exec.CallObserver;
import dev.lgc.runtime.exec.IndexMessages;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.exec.StepFault;
import dev.lgc.runtime.tensor.PlanMemory;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A plan on a device: which of its values are newer there and which here, and what moves when.
 *
 * <p>Everything goes up before the first run. The inputs of steps go up before each run, the
 * outputs of the step come down after it, and stored tensors come down when they are pulled; after
 * one was pushed, everything stored goes up once more.
 */
final class TornadoProgram implements Program {
  private final TornadoContext context;
  private final ExecutionPlan plan;
  private final DeviceLayout layout;
  private final Map<String, List<DeviceTask>> tasks;
  private final TornadoMemory memory;
  private final Object[] arrays;

  /** The array in which kernels report indexes outside of their axes. */
  private final Optional<DeviceArray> cells;

  /** Stored tensors that the host has as the device has them; those that are not may be older. */
  private final Set<Slot> fresh = new HashSet<>();

  private TornadoGraphs graphs;

  /** True if the host has values that the device has not. */
  private boolean pushed = true;

  /** True while a run is being watched: then anything may be newer on the device. */
  private boolean watched;

  TornadoProgram(
      TornadoContext context,
      ExecutionPlan plan,
      DeviceLayout layout,
      Map<String, List<DeviceTask>> tasks) {
    this.context = context;
    this.plan = plan;
    this.layout = layout;
    this.tasks = tasks;
    cells = layout.checks();
    memory = new TornadoMemory(layout, context.tornado().headerBytes());
    try {
      memory.fill(plan.constants());
      arrays =
          layout.arrays().stream()
              .map(a -> context.tornado().array(a.dtype(), memory.array(a.number())))
              .toArray();
      plan.storage().forEach(t -> fresh.add(t.slot()));
      graphs = graphs(false);
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  private TornadoGraphs graphs(boolean callsApart) {
    Set<Integer> inputs = new HashSet<>();
    plan.steps().values().stream()
        .flatMap(s -> s.inputs().values().stream())
        .forEach(slot -> inputs.add(layout.place(slot).array()));
    return new TornadoGraphs(context, layout, arrays, inputs, tasks, callsApart);
  }

  @Override
  public PlanMemory memory() {
    return memory;
  }

  @Override
  public void prepare(String step) {
    synchronized (context) {
      graphs.compile(step);
    }
  }

  /** The number of kernels that a run of a step starts. */
  int kernelCount(String step) {
    return tasks.get(step).size();
  }

  /** The code that a step's kernels become: OpenCL C, for example. */
  String kernels(String step) {
    synchronized (context) {
      return graphs.print(step);
    }
  }

  @Override
  public void run(String name, CallObserver observer) {
    Step step = plan.step(name);
    synchronized (context) {
      watched = observer != null;
      try {
        cutFor(watched);
        graphs.compile(name);
        if (pushed) {
          refresh();
          graphs.uploadAll();
          pushed = false;
        }
        graphs.uploadInputs(); // after everything, too: there is where steps find them
        fresh.clear();
        graphs.run(name, observer == null ? null : watch(step, observer));
        check(step);
        step.outputs().values().forEach(this::download);
      } finally {
        watched = false;
      }
    }
  }

  /** Throws a fault if a call of the step that ran found an index outside of its axis. */
  private void check(Step step) {
    if (cells.isEmpty()) {
      return;
    }
    int array = cells.get().number();
    graphs.download(array, 0, cells.get().elements());
    Optional<DeviceLayout.Outside> outside = layout.outside(step.name(), memory::cell);
    if (outside.isPresent()) {
      memory.clear(array);
      pushed = true;
      KernelCall call = step.kernelCalls().get(outside.get().call());
      String message =
          new IndexMessages(plan, step, call).axis(outside.get().index(), outside.get().extent());
      throw new StepFault(call, message, null);
    }
  }

  /** Graphs of one call each while somebody watches; as large as can be otherwise. */
  private void cutFor(boolean callsApart) {
    if (graphs.callsApart() != callsApart) {
      refresh();
      graphs.close();
      graphs = graphs(callsApart);
      pushed = true;
    }
  }

  private CallObserver watch(Step step, CallObserver observer) {
    return new CallObserver() {
      private int next;

      @Override
      public void before(Call call) {
        while (!GraphSplit.isSame(step.calls().get(next), call)) {
          next++;
        }
        memory.look(call, layout.steps().get(step.name()).get(next));
        observer.before(call);
      }

      @Override
      public void after(Call call) {
        observer.after(call);
      }
    };
  }

  /** Brings all stored tensors down that are older here. */
  private void refresh() {
    for (StoredTensor t : plan.storage()) {
      if (fresh.add(t.slot())) {
        download(t.slot());
      }
    }
  }

  private void download(Slot slot) {
    DeviceLayout.Place p = memory.place(slot);
    graphs.download(p.array(), p.offset(), slot.type().shape().elements());
  }

  @Override
  public void pull(Slot slot) {
    synchronized (context) {
      boolean stored =
          switch (slot.arena()) {
            case PARAMETERS, STATE, GRADIENTS -> true;
            case CONSTANTS, IO, WORK -> false;
          };
      if (watched || stored && fresh.add(slot)) {
        download(slot);
      }
    }
  }

  @Override
  public void push(Slot slot) {
    pushed = true;
  }

  @Override
  public void close() {
    synchronized (context) {
      try {
        graphs.close();
      } finally {
        memory.close();
      }
    }
  }
}
