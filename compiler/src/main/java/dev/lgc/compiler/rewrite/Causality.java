package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
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
import dev.lgc.compiler.op.Uniform;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Finds out whether a generator's logits for a code depend on earlier codes alone, whatever it
 * computes: then codes can be drawn one after the other, if need be by computing the whole sequence
 * for each.
 */
public final class Causality {
  /** A table larger than this is no mask. */
  private static final int LARGEST_TABLE = 1 << 22;

  /** The things that the levels of inputs number. */
  private enum Count {
    CODES,
    SAMPLES,
    SAMPLES_FROM_LAST
  }

  private final Graph graph;
  private final String codes;
  private final Count count;

  private Causality(Graph graph, String codes, Count count) {
    this.graph = graph;
    this.codes = codes;
    this.count = count;
  }

  /**
   * The reason for which codes cannot be drawn one after the other; empty if they can.
   *
   * @param graph with the output {@code logits} [rows, codes, classes]
   * @param codes name of the input with the codes, [rows, positions]
   * @param suspects operations that may be the reason, with what they do
   */
  public static Optional<Problem> problem(Graph graph, String codes, List<Problem> suspects) {
    Problem suspect = suspects.getFirst();
    Graph basic = Decompose.all(graph);
    for (Count c : List.of(Count.SAMPLES, Count.SAMPLES_FROM_LAST)) {
      if (mixesSamples(new Causality(basic, codes, c).logits(), c)) {
        return Optional.of(
            new Problem(
                suspect.where(),
                suspect.module(),
                suspect.operation(),
                suspect.found()
                    + ", and the logits of a sample depend on other samples of the batch",
                "logits of every sample that depend on its own codes and conditions alone"));
      }
    }
    Levels logits = new Causality(basic, codes, Count.CODES).logits();
    int positions = logits.extents()[1];
    for (int p = 0; p < positions; p++) {
      int reach = 0;
      for (int row = 0; row < logits.extents()[0]; row++) {
        for (int k = 0; k < logits.extents()[2]; k++) {
          reach = Math.max(reach, logits.levels()[logits.at(new int[] {row, p, k})]);
        }
      }
      if (reach > p) {
        Problem culprit = culprit(graph, basic, codes, suspects);
        return Optional.of(
            new Problem(
                culprit.where(),
                culprit.module(),
                culprit.operation(),
                Text.format(
                    "%s, so that the logits of code %d (counted from 0) depend on code %d",
                    culprit.found(), p, reach - 1),
                "logits of every code that depend on the codes before it alone"));
      }
    }
    return Optional.empty();
  }

  /** The operation that brings later codes in, and what it does. */
  private static Problem culprit(Graph graph, Graph basic, String codes, List<Problem> suspects) {
    Levels[] levels = new Causality(basic, codes, Count.CODES).levels(false);
    Node n = LookAhead.culprit(basic, levels, basic.outputs().get("logits"));
    // What is known by its place may be part of a composite, which has a better name.
    Node whole =
        graph.nodes().stream()
            .filter(x -> x.op() instanceof Composite && x.origin().equals(n.origin()))
            .findFirst()
            .orElse(n);
    return suspects.stream()
        .filter(s -> s.where().equals(n.origin().where()) && s.module().equals(n.origin().module()))
        .findFirst()
        .orElseGet(() -> Problem.at(whole, "lets a position see later ones", ""));
  }

  /** Returns true if a sample's logits see an input of a sample that is numbered higher. */
  private static boolean mixesSamples(Levels logits, Count count) {
    int rows = logits.extents()[0];
    for (int row = 0; row < rows; row++) {
      int own = count == Count.SAMPLES ? row + 1 : rows - row;
      for (int p = 0; p < logits.extents()[1]; p++) {
        for (int k = 0; k < logits.extents()[2]; k++) {
          if (logits.levels()[logits.at(new int[] {row, p, k})] > own) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /**
   * The draws of random numbers in a generator: its logits are then no function of codes at all.
   */
  public static List<Problem> draws(Graph graph) {
    return graph.nodes().stream()
        .filter(n -> n.op() instanceof Uniform)
        .map(Causality::drawn)
        .distinct()
        .toList();
  }

  /** That a node draws random numbers. */
  static Problem drawn(Node n) {
    return Problem.at(
        n, "draws random numbers", "logits that depend on the conditions and earlier codes alone");
  }

  private Levels logits() {
    return levels(true)[graph.outputs().get("logits")];
  }

  /**
   * The levels of all values.
   *
   * @param sparing whether those that no later value is computed from are dropped
   */
  private Levels[] levels(boolean sparing) {
    Levels[] values = new Levels[graph.nodes().size()];
    int[] last = Graphs.lastUses(graph);
    for (int i = 0; i < values.length; i++) {
      Node n = graph.node(i);
      values[i] = levels(n, values);
      for (int o : n.operands()) {
        if (sparing && last[o] == i) {
          values[o] = null;
        }
      }
    }
    return values;
  }

  private Levels levels(Node n, Levels[] values) {
    return switch (n.op()) {
      case Source s -> source(s, n.type());
      case Primitive c -> {
        List<TensorType> types = n.operands().stream().map(o -> graph.node(o).type()).toList();
        List<Levels> operands = n.operands().stream().map(o -> values[o]).toList();
        yield LevelEvaluation.of(c.algorithm(types), operands);
      }
      case Composite c -> throw new IllegalStateException(c.name() + " is not decomposed");
      case Collective c -> throw new IllegalStateException(c + " in a generator");
    };
  }

  private Levels source(Source s, TensorType type) {
    int rank = type.shape().rank();
    return switch (s) {
      case Input in when count == Count.CODES && in.input().equals(codes) ->
          along(rank, 1, type.shape().dim(1), true);
      case Input _ when count != Count.CODES && rank > 0 && type.shape().dim(0) == rows() ->
          samples(rank, rows());
      case Iota iota -> along(rank, iota.axis(), type.shape().dim(iota.axis()), false);
      case Fill f -> Levels.uniform(rank, 0, f.value());
      case Dense d when d.data().length <= LARGEST_TABLE ->
          new Levels(
                  type.shape().dims().stream().mapToInt(Integer::intValue).toArray(),
                  new int[d.data().length],
                  d.data().clone())
              .compact();
      case Dense _, Input _, Stored _ -> Levels.uniform(rank, 0, Double.NaN);
    };
  }

  private int rows() {
    return graph.node(graph.outputs().get("logits")).type().shape().dim(0);
  }

  private Levels samples(int rank, int rows) {
    Levels l = along(rank, 0, rows, true);
    if (count == Count.SAMPLES_FROM_LAST) {
      Arrays.setAll(l.levels(), i -> rows - i);
    }
    return l;
  }

  /** Codes or samples by their numbers, or positions. */
  private static Levels along(int rank, int axis, int extent, boolean codes) {
    int[] extents = new int[rank];
    Arrays.fill(extents, 1);
    extents[axis] = extent;
    Levels l = new Levels(extents, new int[extent], new double[extent]);
    for (int i = 0; i < extent; i++) {
      l.levels()[i] = codes ? i + 1 : 0;
      l.known()[i] = codes ? Double.NaN : i;
    }
    return l;
  }
}
