package dev.lgc.compiler.emit.interp;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.Composite;
import dev.lgc.compiler.op.Dense;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Primitive;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.Stored;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Evaluates graphs. Tensors are row-major doubles whatever their dtype: whole numbers and BOOLs (0,
 * 1) are exact, F32 values are exactly those of F32.
 *
 * <p>A graph with collectives is evaluated on all ranks of a run at once, node by node.
 */
public final class Interpreter {
  private final Graph graph;
  private final Precision precision;
  private final int[] lastUses;

  private final Map<Integer, Interpreter> composites = new HashMap<>();

  /** Composites are evaluated by their decompositions. */
  public Interpreter(Graph graph, Precision precision) {
    this.graph = graph;
    this.precision = precision;
    this.lastUses = Graphs.lastUses(graph);
    for (int i = 0; i < graph.nodes().size(); i++) {
      if (graph.node(i).op() instanceof Composite c) {
        composites.put(i, new Interpreter(decomposed(c, graph.node(i)), precision));
      }
    }
  }

  /** A composite alone, its operands as inputs by number. */
  private Graph decomposed(Composite c, Node n) {
    GraphBuilder b = new GraphBuilder();
    int[] operands =
        IntStream.range(0, n.operands().size())
            .map(k -> b.add(new Input("" + k, graph.node(n.operands().get(k)).type())))
            .toArray();
    return b.build(c.name(), Map.of("result", c.decompose(b, operands)), Map.of());
  }

  /** The results of a run: outputs by name, and new values of stored tensors by key. */
  public record Result(Map<String, double[]> outputs, Map<String, double[]> updates) {}

  /**
   * Runs a graph once.
   *
   * @param inputs by name
   * @param stored by key
   */
  public static Result run(
      Graph graph,
      Precision precision,
      Map<String, double[]> inputs,
      Map<String, double[]> stored) {
    return new Interpreter(graph, precision).run(inputs, stored);
  }

  /** Runs the graph once; see the static form. */
  public Result run(Map<String, double[]> inputs, Map<String, double[]> stored) {
    return run(List.of(inputs), List.of(stored)).getFirst();
  }

  /**
   * Runs the graph once on every rank of a run, all at the same time.
   *
   * @param inputs of each rank, by name
   * @param stored of each rank, by key
   * @return the results of each rank
   */
  public List<Result> run(List<Map<String, double[]>> inputs, List<Map<String, double[]>> stored) {
    int ranks = inputs.size();
    if (stored.size() != ranks) {
      throw new IllegalArgumentException(
          Text.format("inputs of %d ranks, stored tensors of %d", ranks, stored.size()));
    }
    double[][][] values = new double[graph.nodes().size()][][];
    for (int i = 0; i < values.length; i++) {
      Node n = graph.node(i);
      try {
        if (n.op() instanceof Collective c) {
          values[i] = CollectiveEvaluation.evaluate(c, values[n.operands().getFirst()], precision);
        } else {
          values[i] = new double[ranks][];
          for (int r = 0; r < ranks; r++) {
            values[i][r] = value(i, operands(n, values, r), inputs.get(r), stored.get(r));
          }
        }
      } catch (IndexOutOfRangeException e) {
        throw new IllegalArgumentException(
            Text.format(
                "%s at %s (%s): %s",
                n.op().name(), n.origin().where(), n.origin().module(), e.getMessage()),
            e);
      }
      for (int o : n.operands()) {
        if (lastUses[o] == i) {
          values[o] = null;
        }
      }
    }
    return IntStream.range(0, ranks).mapToObj(r -> result(values, r)).toList();
  }

  private static double[][] operands(Node n, double[][][] values, int rank) {
    return n.operands().stream().map(o -> values[o][rank]).toArray(double[][]::new);
  }

  private Result result(double[][][] values, int rank) {
    Map<String, double[]> outputs = new LinkedHashMap<>();
    graph.outputs().forEach((k, v) -> outputs.put(k, values[v][rank]));
    Map<String, double[]> updates = new LinkedHashMap<>();
    graph.updates().forEach((k, v) -> updates.put(k, values[v][rank]));
    return new Result(outputs, updates);
  }

  /** The value of a node on one rank. */
  private double[] value(
      int number, double[][] operands, Map<String, double[]> inputs, Map<String, double[]> stored) {
    Node n = graph.node(number);
    return switch (n.op()) {
      case Source s -> source(s, n.type(), inputs, stored);
      case Primitive c -> {
        List<TensorType> types = n.operands().stream().map(o -> graph.node(o).type()).toList();
        yield Evaluation.evaluate(c.algorithm(types), types, operands, precision);
      }
      case Composite _ -> {
        Map<String, double[]> named = new HashMap<>();
        for (int k = 0; k < operands.length; k++) {
          named.put("" + k, operands[k]);
        }
        yield composites.get(number).run(named, Map.of()).outputs().get("result");
      }
      case Collective c -> throw new IllegalStateException(c + " on one rank");
    };
  }

  private static double[] source(
      Source s, TensorType type, Map<String, double[]> inputs, Map<String, double[]> stored) {
    return switch (s) {
      case Input in -> given("input", in.input(), type, inputs);
      case Stored st -> given("stored tensor", st.path(), type, stored);
      case Dense d -> d.data();
      case Fill f -> {
        double[] v = new double[Math.toIntExact(type.shape().elements())];
        Arrays.fill(v, type.dtype().isFloat() ? (float) f.value() : f.value());
        yield v;
      }
      case Iota iota -> {
        double[] v = new double[Math.toIntExact(type.shape().elements())];
        long stride = type.shape().strides()[iota.axis()];
        int extent = type.shape().dim(iota.axis());
        for (int i = 0; i < v.length; i++) {
          v[i] = i / stride % extent;
        }
        yield v;
      }
    };
  }

  private static double[] given(
      String kind, String name, TensorType type, Map<String, double[]> values) {
    double[] v = values.get(name);
    if (v == null || v.length != type.shape().elements()) {
      throw new IllegalArgumentException(
          Text.format("%s %s: %s, expected %s", kind, name, v == null ? "absent" : v.length, type));
    }
    return v;
  }
}
