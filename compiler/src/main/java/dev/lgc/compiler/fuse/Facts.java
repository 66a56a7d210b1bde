package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.Cast;
import dev.lgc.compiler.op.Computed;
import dev.lgc.compiler.op.Contraction;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Movement;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.StopGradient;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** What the fusion asks about nodes, computed once per graph. */
final class Facts {
  private record Meaning(Object op, List<TensorType> operands) {}

  final Graph graph;
  final FusionLimits limits;
  private final Algorithm[] algorithms;
  private final long[] elements;
  private final int[] cost;
  private final int[] chainCost;
  private final int[] chainLoads;
  private final boolean[] wholeLoads;
  private final List<Set<Axis>> rows = new ArrayList<>();
  private final List<List<Integer>> consumers = new ArrayList<>();

  Facts(Graph graph, FusionLimits limits) {
    this.graph = graph;
    this.limits = limits;
    int n = graph.nodes().size();
    algorithms = new Algorithm[n];
    elements = new long[n];
    cost = new int[n];
    chainCost = new int[n];
    chainLoads = new int[n];
    wholeLoads = new boolean[n];
    Map<Meaning, Algorithm> known = new HashMap<>();
    Map<Algorithm, Integer> priced = new java.util.IdentityHashMap<>();
    for (int i = 0; i < n; i++) {
      consumers.add(new ArrayList<>(2));
      Node node = graph.node(i);
      elements[i] = node.type().shape().elements();
      if (node.op() instanceof Computed c) {
        List<TensorType> types = new ArrayList<>(node.operands().size());
        for (int o : node.operands()) {
          types.add(graph.node(o).type());
        }
        Algorithm a = known.computeIfAbsent(new Meaning(c, types), m -> c.algorithm(m.operands()));
        algorithms[i] = a;
        cost[i] = priced.computeIfAbsent(a, x -> limits.costs().of(x.value()));
        rows.add(c instanceof Contraction ? VectorProducts.rows(a, limits) : Set.of());
      } else if (!(node.op() instanceof Source)) {
        throw new IllegalArgumentException(
            graph.name() + ": " + node.op().name() + " was not decomposed");
      } else {
        rows.add(Set.of());
      }
      for (int o : node.operands()) {
        List<Integer> uses = consumers.get(o);
        if (uses.isEmpty() || uses.getLast() != i) {
          uses.add(i);
        }
      }
    }
    for (int i = 0; i < n; i++) {
      whole(i);
    }
  }

  /** Whether computing a node from its operands takes at least as long as a division. */
  boolean isDear(int n) {
    return cost[n] >= limits.costs().divide();
  }

  /** Whether a node is rather computed in each of several kernels than stored once. */
  boolean isCheapIn(int n, int kernels) {
    Costs costs = limits.costs();
    if (isFoldable(n)) {
      return true;
    }
    return isGeneratable(n)
        ? chainCost(n) <= costs.write() + costs.read()
        : costs.recompute(chainCost(n), chainLoads(n), kernels);
  }

  /** Adds up what computing a node costs, with what is computed on the way. */
  private void whole(int n) {
    if (isSource(n) || isReduction(n) || isContraction(n)) {
      return;
    }
    chainCost[n] = cost[n];
    for (int o : read(n)) {
      if (inMemory(o)) {
        wholeLoads[n] |= !isSmall(o, n);
        chainLoads[n] += isSmall(o, n) ? 0 : 1;
        continue;
      }
      wholeLoads[n] |= wholeLoads[o];
      if (!wholeLoads[o] || consumers(o).size() == 1) {
        chainCost[n] = Math.min(chainCost[n] + chainCost[o], 1 << 20);
        chainLoads[n] = Math.min(chainLoads[n] + chainLoads[o], 1 << 20);
      } else {
        chainLoads[n] += isFull(o, n) ? 1 : 0;
      }
    }
  }

  private boolean inMemory(int n) {
    return (isSource(n) || isReduction(n) || isContraction(n)) && !isGenerated(n);
  }

  /** Whether loads of one value hardly count beside the elements of another. */
  private boolean isSmall(int n, int beside) {
    return 2 * elements(n) <= elements(beside);
  }

  /**
   * Whether a value brings about as many elements of memory as another has: not a broadcast of few.
   */
  boolean isFull(int n, int beside) {
    if (isGenerated(n) || isSmall(n, beside) || isGeneratable(n)) {
      return false;
    }
    return !isMovement(n) || isFull(node(n).operands().getFirst(), beside);
  }

  /** Whether a value can be computed from positions and a few numbers alone. */
  boolean isGeneratable(int n) {
    return !inMemory(n) && !wholeLoads[n];
  }

  /** Cost of one element, with operands that only it uses. */
  int chainCost(int n) {
    return chainCost[n];
  }

  /** How many elements of memory, or of values that others use too, that needs. */
  int chainLoads(int n) {
    return chainLoads[n];
  }

  Node node(int n) {
    return graph.node(n);
  }

  /** Operands whose elements it reads. */
  List<Integer> read(int n) {
    List<Integer> operands = node(n).operands();
    return isBarrier(n) ? operands.subList(0, 1) : operands;
  }

  /** Whether it keeps what follows apart from what goes before. */
  boolean isBarrier(int n) {
    return node(n).op() instanceof After;
  }

  Algorithm algorithm(int n) {
    return algorithms[n];
  }

  /** Cost of one element, without its operands. */
  int cost(int n) {
    return cost[n];
  }

  List<Integer> consumers(int n) {
    return consumers.get(n);
  }

  boolean isSource(int n) {
    return node(n).op() instanceof Source;
  }

  /** Whether it is never in memory. */
  boolean isGenerated(int n) {
    return node(n).op() instanceof Fill || node(n).op() instanceof Iota;
  }

  /** Whether a kernel of its own is to compute it, by tiles. */
  boolean isContraction(int n) {
    return node(n).op() instanceof Contraction && !isVectorProduct(n);
  }

  /** Whether it is a product of many vectors, each with a matrix of its own. */
  boolean isVectorProduct(int n) {
    return !rows.get(n).isEmpty();
  }

  /** Of a product of vectors, the axes of its algorithm that number them. */
  Set<Axis> rows(int n) {
    return rows.get(n);
  }

  boolean isReduction(int n) {
    return algorithms[n] != null && algorithms[n].reducer() != Reducer.NONE;
  }

  boolean isMovement(int n) {
    return node(n).op() instanceof Movement;
  }

  /** Whether a contraction may read through it: one unguarded load, which may be widened. */
  boolean isFoldable(int n) {
    return isMovement(n) && algorithms[n].value() instanceof Scalar.Load l && l.guard().isEmpty()
        || widens(n);
  }

  /** Whether it is F32 made of numbers that take fewer bytes. */
  boolean widens(int n) {
    return node(n).op() instanceof Cast
        && node(n).type().dtype() == DType.F32
        && switch (node(node(n).operands().getFirst()).type().dtype()) {
          case BF16, F16, I8 -> true;
          case F32, F64, I32, BOOL -> false;
        };
  }

  boolean isAlias(int n) {
    return isAlias(graph, n);
  }

  /** Whether a value is its operand's, element for element in row-major order. */
  static boolean isAlias(Graph graph, int n) {
    return switch (graph.node(n).op()) {
      case Reshape r -> true;
      case StopGradient s -> true;
      case After a -> true;
      case Movement m -> {
        Node operand = graph.node(graph.node(n).operands().getFirst());
        yield graph.node(n).operands().size() == 1
            && operand.type().equals(graph.node(n).type())
            && m.algorithm(List.of(operand.type())) instanceof Algorithm a
            && a.value() instanceof Scalar.Load l
            && l.guard().isEmpty()
            && IntStream.range(0, l.index().size())
                .allMatch(
                    i ->
                        a.space().get(i).extent() == 1
                            || l.index().get(i).equals(Scalar.of(a.space().get(i))));
      }
      default -> false;
    };
  }

  long elements(int n) {
    return elements[n];
  }

  /** Row-major element number of a multi-index into a node's value. */
  Linear linear(int n, List<Linear> index) {
    long[] strides = node(n).type().shape().strides();
    Linear sum = Linear.ZERO;
    for (int i = 0; i < strides.length; i++) {
      sum = sum.plus(index.get(i).times(strides[i]));
    }
    return sum;
  }

  /** Where a dynamic update begins on its axis: a fault where it would end beyond. */
  Linear start(int n) {
    DynamicUpdate op = (DynamicUpdate) node(n).op();
    List<TensorType> types = node(n).operands().stream().map(o -> node(o).type()).toList();
    Scalar start = new Scalar.Load(node(n).operands().get(2), DType.I32, List.of());
    return new Substitution(null).index(op.start(types, start));
  }

  static List<Linear> indices(List<Axis> axes) {
    List<Linear> l = new ArrayList<>(axes.size());
    for (Axis a : axes) {
      l.add(a.extent() == 1 ? Linear.ZERO : Linear.atom(Scalar.of(a)));
    }
    return l;
  }
}
