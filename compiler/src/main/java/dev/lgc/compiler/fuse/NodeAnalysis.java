package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.Cast;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.Contraction;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Movement;
import dev.lgc.compiler.op.Primitive;
import dev.lgc.compiler.op.Reshape;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.StopGradient;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Properties of the nodes of a graph that fusion decides by, computed once per graph.
 *
 * <p>In: the graph of the package's tour. Out, for {@code %7 = rsqrt %6 : [2, 4]}: 8 elements, read
 * by {@code %10}, dear, no alias, and {@code out[i, j] = 1 / sqrt(%6[i, j])}.
 */
final class NodeAnalysis {
  private record Meaning(Object op, List<TensorType> operands) {}

  final Graph graph;
  final FusionLimits limits;
  private final Algorithm[] algorithms;
  private final long[] elements;
  private final int[] cost;
  private final List<Set<Axis>> rows = new ArrayList<>();
  private final List<List<Integer>> consumers = new ArrayList<>();

  NodeAnalysis(Graph graph, FusionLimits limits) {
    this.graph = graph;
    this.limits = limits;
    int n = graph.nodes().size();
    algorithms = new Algorithm[n];
    elements = new long[n];
    cost = new int[n];
    Map<Meaning, Algorithm> known = new HashMap<>();
    Map<Algorithm, Integer> priced = new IdentityHashMap<>();
    for (int i = 0; i < n; i++) {
      consumers.add(new ArrayList<>(2));
      Node node = graph.node(i);
      elements[i] = node.type().shape().elements();
      if (node.op() instanceof Primitive c) {
        List<TensorType> types = new ArrayList<>(node.operands().size());
        for (int o : node.operands()) {
          types.add(graph.node(o).type());
        }
        Algorithm a = known.computeIfAbsent(new Meaning(c, types), m -> c.algorithm(m.operands()));
        algorithms[i] = a;
        cost[i] = priced.computeIfAbsent(a, x -> limits.costs().of(x.value()));
        rows.add(c instanceof Contraction ? BatchedGemv.rows(a, limits) : Set.of());
      } else if (!(node.op() instanceof Source) && !(node.op() instanceof Collective)) {
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
  }

  /** Returns true if computing a node from its operands takes at least as long as a division. */
  boolean isDear(int n) {
    return cost[n] >= limits.costs().divide();
  }

  Node node(int n) {
    return graph.node(n);
  }

  /** Operands whose elements a node reads. */
  List<Integer> read(int n) {
    List<Integer> operands = node(n).operands();
    return isBarrier(n) ? operands.subList(0, 1) : operands;
  }

  /** Returns true if it keeps what follows apart from what goes before. */
  boolean isBarrier(int n) {
    return node(n).op() instanceof After;
  }

  /** Returns true if it keeps a result apart from what is made of it: a node after itself. */
  boolean isResult(int n) {
    List<Integer> operands = node(n).operands();
    return isBarrier(n) && operands.get(0).equals(operands.get(1));
  }

  /** Returns true if no kernel computes it: operand and result are in memory. */
  boolean isCollective(int n) {
    return node(n).op() instanceof Collective;
  }

  /** The meaning of a node that is no source and no collective. */
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

  /** Returns true if it is never in memory: a constant, or positions. */
  boolean isGenerated(int n) {
    return node(n).op() instanceof Fill || node(n).op() instanceof Iota;
  }

  /** Returns true if a kernel of its own is to compute it, by tiles. */
  boolean isContraction(int n) {
    return node(n).op() instanceof Contraction && !isBatchedGemv(n);
  }

  /** Returns true if it is a product of many vectors, each with a matrix of its own. */
  boolean isBatchedGemv(int n) {
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

  /** Returns true if a contraction may read through it: one unguarded load, perhaps widened. */
  boolean isFoldable(int n) {
    return isMovement(n) && algorithms[n].value() instanceof Scalar.Load l && l.guard().isEmpty()
        || widens(n);
  }

  /** Returns true if it is F32 made of numbers that take fewer bytes. */
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

  /** Returns true if a value is its operand's, element for element in row-major order. */
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
  QuasiAffine linear(int n, List<QuasiAffine> index) {
    long[] strides = node(n).type().shape().strides();
    QuasiAffine sum = QuasiAffine.ZERO;
    for (int i = 0; i < strides.length; i++) {
      sum = sum.plus(index.get(i).times(strides[i]));
    }
    return sum;
  }

  /**
   * The value of a node at an index, in terms of loads of its operands.
   *
   * @param reduction for a reduction, the positions it runs over
   */
  Scalar value(int n, List<QuasiAffine> at, List<QuasiAffine> reduction) {
    if (isSource(n)) {
      return load(n, at);
    }
    Algorithm a = algorithms[n];
    return Substitution.ofOperands(node(n).operands())
        .putAll(a.space(), at)
        .putAll(a.reduction(), reduction)
        .value(a.value());
  }

  /** A load of a node at an index. */
  Scalar load(int n, List<QuasiAffine> at) {
    List<Scalar> index = new ArrayList<>(at.size());
    for (QuasiAffine l : at) {
      index.add(l.toScalar());
    }
    return new Scalar.Load(n, node(n).type().dtype(), index);
  }

  /** The position at which a dynamic update begins on its axis: a fault if it would end beyond. */
  QuasiAffine start(int n) {
    DynamicUpdate op = (DynamicUpdate) node(n).op();
    List<TensorType> types = node(n).operands().stream().map(o -> node(o).type()).toList();
    Scalar start = new Scalar.Load(node(n).operands().get(2), DType.I32, List.of());
    return Substitution.inKernel().index(op.start(types, start));
  }

  static List<QuasiAffine> indices(List<Axis> axes) {
    List<QuasiAffine> l = new ArrayList<>(axes.size());
    for (Axis a : axes) {
      l.add(a.extent() == 1 ? QuasiAffine.ZERO : QuasiAffine.atom(Scalar.of(a)));
    }
    return l;
  }
}
