package dev.lgc.runtime.exec;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.runtime.tensor.ArenaMemory;
import dev.lgc.runtime.tensor.PlanMemory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The oracle: runs the graphs that a plan was made from, by the reference interpreter, in the
 * plan's memory. Slow; sees whole steps, so observers are told nothing.
 */
public final class InterpreterDevice implements Device {
  private final Map<String, Graph> graphs;
  private final Precision precision;

  /**
   * @param graphs of all steps, by the steps' names
   */
  public InterpreterDevice(List<Graph> graphs, Precision precision) {
    this.graphs = graphs.stream().collect(Collectors.toMap(Graph::name, Function.identity()));
    this.precision = precision;
  }

  @Override
  public String name() {
    return "interpreter";
  }

  @Override
  public Program load(ExecutionPlan plan) {
    return new Interpreted(plan);
  }

  @Override
  public void close() {}

  private final class Interpreted implements Program {
    private final ExecutionPlan plan;
    private final PlanMemory memory;
    private final Map<String, Slot> storage = new HashMap<>();

    Interpreted(ExecutionPlan plan) {
      this.plan = plan;
      this.memory = new ArenaMemory(plan);
      for (StoredTensor t : plan.storage()) {
        storage.put(t.name(), t.slot());
      }
    }

    @Override
    public PlanMemory memory() {
      return memory;
    }

    @Override
    public void run(String name, CallObserver observer) {
      Step step = plan.steps().get(name);
      Graph graph = graphs.get(name);
      if (step == null || graph == null) {
        throw new IllegalArgumentException("no step " + name);
      }
      Map<String, double[]> inputs = new HashMap<>();
      step.inputs().forEach((key, slot) -> inputs.put(key, memory.tensor(slot).toArray()));
      Map<String, double[]> stored = new HashMap<>();
      graph
          .nodes()
          .forEach(
              n -> {
                if (n.op() instanceof Stored s) {
                  stored.computeIfAbsent(
                      s.path(), key -> memory.tensor(storage.get(key)).toArray());
                }
              });
      Interpreter.Result result = Interpreter.run(graph, precision, inputs, stored);
      result.updates().forEach((key, x) -> memory.tensor(storage.get(key)).fill(x));
      result.outputs().forEach((key, x) -> memory.tensor(step.outputs().get(key)).fill(x));
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
