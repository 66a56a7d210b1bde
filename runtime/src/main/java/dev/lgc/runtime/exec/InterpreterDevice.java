package dev.lgc.runtime.exec;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.tensor.ArenaMemory;
import dev.lgc.runtime.tensor.PlanMemory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The oracle: runs the graphs that a plan was made from, by the reference interpreter, in the
 * plan's memory. Slow; sees whole steps, so observers are told nothing. Where a graph has
 * collectives, ranks tell each other what they are given, and each computes all of them.
 */
public final class InterpreterDevice implements Device {
  private final Map<String, Graph> graphs;
  private final Precision precision;
  private final Ranks ranks;

  /**
   * A device of a run of one rank.
   *
   * @param graphs of all steps, by the steps' names
   */
  public InterpreterDevice(List<Graph> graphs, Precision precision) {
    this(graphs, precision, new OneRank());
  }

  /**
   * @param graphs of all steps, by the steps' names
   * @param ranks of the run; not closed with this
   */
  public InterpreterDevice(List<Graph> graphs, Precision precision, Ranks ranks) {
    this.ranks = ranks;
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
      Map<String, double[]> inputs = new TreeMap<>();
      step.inputs().forEach((key, slot) -> inputs.put(key, memory.tensor(slot).toArray()));
      Map<String, double[]> stored = new TreeMap<>();
      graph
          .nodes()
          .forEach(
              n -> {
                if (n.op() instanceof Stored s) {
                  stored.computeIfAbsent(
                      s.path(), key -> memory.tensor(storage.get(key)).toArray());
                }
              });
      Interpreter.Result result =
          graph.nodes().stream().anyMatch(n -> n.op() instanceof Collective)
              ? onAllRanks(graph, inputs, stored)
              : Interpreter.run(graph, precision, inputs, stored);
      result.updates().forEach((key, x) -> memory.tensor(storage.get(key)).fill(x));
      result.outputs().forEach((key, x) -> memory.tensor(step.outputs().get(key)).fill(x));
    }

    private Interpreter.Result onAllRanks(
        Graph graph, Map<String, double[]> inputs, Map<String, double[]> stored) {
      byte[][] inputsOfAll = ranks.gather(bytes(inputs));
      byte[][] storedOfAll = ranks.gather(bytes(stored));
      return new Interpreter(graph, precision)
          .run(
              Arrays.stream(inputsOfAll).map(b -> values(inputs, b)).toList(),
              Arrays.stream(storedOfAll).map(b -> values(stored, b)).toList())
          .get(ranks.rank());
    }

    /** The numbers of tensors, in the order of their names. */
    private static byte[] bytes(Map<String, double[]> values) {
      int n = values.values().stream().mapToInt(v -> v.length).sum();
      ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(n, Double.BYTES));
      values.values().forEach(v -> Arrays.stream(v).forEach(bytes::putDouble));
      return bytes.array();
    }

    /** The tensors of another rank, which has as many numbers under the same names. */
    private static Map<String, double[]> values(Map<String, double[]> like, byte[] bytes) {
      ByteBuffer numbers = ByteBuffer.wrap(bytes);
      Map<String, double[]> values = new HashMap<>();
      like.forEach(
          (name, v) -> {
            double[] own = new double[v.length];
            Arrays.setAll(own, i -> numbers.getDouble());
            values.put(name, own);
          });
      return values;
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
