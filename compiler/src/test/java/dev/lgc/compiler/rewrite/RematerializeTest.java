package dev.lgc.compiler.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.autodiff.Autodiff;
import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.compiler.op.Attend;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.op.Conv2d;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.RowFilter;
import dev.lgc.compiler.op.Silu;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.op.Tanh;
import dev.lgc.compiler.op.Window;
import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.plan.RandomGraphs;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class RematerializeTest {
  /** Layers {@code x + w2 (silu(w1 x) * w3 x)}, perhaps with attention, and their gradients. */
  private static Graph network(int layers, int rows, int width, boolean attention) {
    int hidden = 4 * width;
    GraphBuilder b = new GraphBuilder();
    List<Integer> weights = new ArrayList<>();
    int x = b.add(new Input("x", TensorType.f32(1, rows, width)));
    for (int i = 0; i < layers; i++) {
      if (attention) {
        int q = product(b, weights, x, width, width);
        int k = product(b, weights, x, width, width);
        int v = product(b, weights, x, width, width);
        x = b.plus(x, b.add(new Attend(2, 2, 0.5, true, false, false), q, k, v));
      }
      int gates =
          b.mul(
              b.add(new Silu(), product(b, weights, x, width, hidden)),
              product(b, weights, x, width, hidden));
      x = b.plus(x, product(b, weights, gates, hidden, width));
    }
    int loss = b.sum(b.add(new Tanh(), x));
    int[] gradients = Autodiff.gradients(b, loss, weights);
    Map<String, Integer> updates = new LinkedHashMap<>();
    for (int i = 0; i < gradients.length; i++) {
      updates.put("gradient:w" + i, gradients[i]);
    }
    Graph g = b.build("net.gradients", Map.of("loss", loss), updates);
    return Simplified.of(Decompose.all(Simplified.of(g)));
  }

  private static int product(GraphBuilder b, List<Integer> weights, int x, int from, int to) {
    weights.add(b.add(new Stored("w" + weights.size(), TensorType.f32(to, from))));
    return b.contract("bsi,oi->bso", x, weights.getLast());
  }

  private static long again(Graph g, Class<?> op) {
    return g.nodes().stream().filter(n -> op.isInstance(n.op()) && isAgain(n)).count();
  }

  private static boolean isAgain(Node n) {
    return n.origin().derivation().equals(Rematerialize.AGAIN);
  }

  /** Bytes of WORK that a plan needs, gradients among them. */
  private static long memory(Graph g) {
    List<StorageDeclaration> stored = new ArrayList<>();
    for (Node n : g.nodes()) {
      if (n.op() instanceof Stored s) {
        stored.add(new StorageDeclaration(s.path(), Role.PARAMETER, s.type()));
        stored.add(new StorageDeclaration(s.path(), Role.GRADIENT, s.type()));
      }
    }
    return Plans.of("net", stored.stream().distinct().toList(), List.of(g))
        .arenaBytes()
        .get(Arena.WORK);
  }

  @Test
  void theProductOfGatesIsComputedAgainFromItsFactors() {
    Graph before = network(4, 8192, 512, false);
    Graph after = Rematerialize.fitting(before, Long.MAX_VALUE, JvmFusion.LIMITS).graph();
    Verifier.verified(after);
    // One exponential for the product, in three of the four layers: the last needs it at once.
    assertTrue(again(after, Silu.class) >= 3, () -> "" + again(after, Silu.class));
    assertEquals(0, again(after, Contract.class), "products of matrices cost more than nothing");
    assertTrue(memory(after) < 0.85 * memory(before));
  }

  /** Layers of a product of each of three sums of rows of one image. */
  private static Graph filtered(int layers, int size) {
    GraphBuilder b = new GraphBuilder();
    List<Integer> weights = new ArrayList<>();
    Window one = new Window(1, 1, 0, 0);
    int x = b.add(new Input("x", TensorType.f32(1, 512, size, size)));
    for (int i = 0; i < layers; i++) {
      int h = b.add(new Silu(), x);
      for (List<Double> taps : List.of(List.of(1.0, 2.0, 1.0), List.of(1.0, 0.0, -1.0))) {
        weights.add(b.add(new Stored("w" + weights.size(), TensorType.f32(512, 512, 1, 1))));
        int rows = b.add(new RowFilter(new Window(3, 1, 1, 1), taps), h);
        x = b.plus(x, b.add(new Conv2d(one, one), rows, weights.getLast()));
      }
    }
    int loss = b.sum(b.add(new Tanh(), x));
    int[] gradients = Autodiff.gradients(b, loss, weights);
    Map<String, Integer> updates = new LinkedHashMap<>();
    for (int i = 0; i < gradients.length; i++) {
      updates.put("gradient:w" + i, gradients[i]);
    }
    return Simplified.of(b.build("net.gradients", Map.of("loss", loss), updates));
  }

  @Test
  void sumsOfTheSameRowsAreComputedAgainTogether() {
    Graph before = filtered(4, 128);
    Graph after = Rematerialize.fitting(before, Long.MAX_VALUE, JvmFusion.LIMITS).graph();
    Verifier.verified(after);
    List<Node> again =
        after.nodes().stream().filter(n -> n.op() instanceof RowFilter && isAgain(n)).toList();
    assertTrue(again.size() >= 4, () -> "" + again);
    // From one repetition of what they are sums of: in pairs.
    Map<List<Integer>, Long> pairs =
        again.stream().collect(Collectors.groupingBy(Node::operands, Collectors.counting()));
    pairs.values().forEach(n -> assertEquals(2, n));
    assertTrue(memory(after) < memory(before));
  }

  @Test
  void attentionProbabilitiesAreComputedAgainFromQueriesAndKeys() {
    Graph before = network(4, 256, 16, true);
    Graph after = Rematerialize.fitting(before, 0, JvmFusion.LIMITS).graph();
    boolean scores =
        after.nodes().stream()
            .anyMatch(n -> isAgain(n) && n.op() instanceof Contract c && c.spec().endsWith("st"));
    assertTrue(scores);
    assertTrue(memory(after) < memory(before));
  }

  @Test
  void theSameBits() {
    Graph before = network(3, 32, 8, true);
    Graph after = Rematerialize.fitting(before, 0, JvmFusion.LIMITS).graph();
    assertTrue(after.nodes().stream().anyMatch(RematerializeTest::isAgain));
    same(before, after, new Random(7));
  }

  @Test
  void addingTheNodesToABuilderAgainDoesNotMergeThem() {
    Graph g = Rematerialize.fitting(network(3, 32, 8, true), 0, JvmFusion.LIMITS).graph();
    GraphBuilder b = new GraphBuilder();
    b.copy(g, Map.of());
    assertEquals(g.nodes().size(), b.size());
    assertEquals(g.nodes().size(), Simplified.of(g).nodes().size());
  }

  @Test
  void aLimitDropsMoreAndSaysHowMuchIsLeft() {
    Graph g = network(6, 8192, 512, false);
    Rematerialize.Result cheap = Rematerialize.fitting(g, Long.MAX_VALUE, JvmFusion.LIMITS);
    Rematerialize.Result less = Rematerialize.fitting(g, cheap.peak() * 9 / 10, JvmFusion.LIMITS);
    assertTrue(less.peak() <= cheap.peak() * 9 / 10, less.peak() + " of " + cheap.peak());
    assertTrue(again(less.graph(), Contract.class) > 0);
    assertTrue(memory(less.graph()) < memory(cheap.graph()));
    Rematerialize.Result least = Rematerialize.fitting(g, 0, JvmFusion.LIMITS);
    assertTrue(least.peak() > 0 && least.peak() <= less.peak());
  }

  @Test
  void whatTheBackwardPartIsDoneWithIsNotComputedAgainForSomethingLater() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(64, 64)));
    int wide = b.add(new Input("wide", TensorType.f32(64, 256)));
    int early = b.contract("ij,jk->ik", x, x);
    int late = b.contract("ij,jk->ik", early, wide);
    int y = b.contract("ij,kj->ik", late, wide);
    // Backward: before its first product, in the middle where neither is used, and at its end.
    int first = b.add(new Tanh(), early);
    int large = b.contract("ij,ik->jk", wide, wide);
    int middle = b.contract("ij,jk->ik", large, large);
    int last = b.contract("ij,jk->ik", late, b.contract("ij,kj->ik", middle, wide));
    Graph before =
        b.build("f", Map.of("y", y), Map.of("gradient:early", first, "gradient:late", last));
    Graph after = Rematerialize.fitting(before, 0, JvmFusion.LIMITS).graph();
    Verifier.verified(after);
    same(before, after, new Random(7));
    assertEquals(1, again(after, Contract.class));
  }

  @Test
  void aGraphWithoutABackwardPartIsLeftAlone() {
    GraphBuilder b = new GraphBuilder();
    int x = b.add(new Input("x", TensorType.f32(64, 64)));
    Graph g = b.build("f", Map.of("y", b.add(new Silu(), x)), Map.of());
    assertSame(g, Rematerialize.fitting(g, 0, JvmFusion.LIMITS).graph());
  }

  @Test
  void randomGraphsComputeTheSameBits() {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    int changed = 0;
    for (long seed = first; seed < first + Integer.getInteger("lgc.graphs", 200); seed++) {
      Graph before = Decompose.all(new RandomGraphs(seed).graph(3 + (int) (seed % 40)));
      try {
        Rematerialize.Result after = Rematerialize.fitting(before, 0, JvmFusion.LIMITS);
        Verifier.verified(after.graph());
        same(before, after.graph(), new Random(seed));
        assertTrue(
            after.peak() <= Rematerialize.fitting(before, Long.MAX_VALUE, JvmFusion.LIMITS).peak());
        changed += after.graph().nodes().stream().anyMatch(RematerializeTest::isAgain) ? 1 : 0;
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertTrue(changed > 0, "seed " + first);
  }

  private static void same(Graph before, Graph after, Random random) {
    Map<String, double[]> inputs = new HashMap<>();
    Graphs.inputs(before).forEach((name, t) -> inputs.put(name, values(random, t)));
    Map<String, double[]> stored = new HashMap<>();
    for (Node n : before.nodes()) {
      if (n.op() instanceof Stored s) {
        stored.putIfAbsent(s.path(), values(random, s.type()));
      }
    }
    Interpreter.Result want = Interpreter.run(before, Precision.AS_TYPED, inputs, stored);
    Interpreter.Result got = Interpreter.run(after, Precision.AS_TYPED, inputs, stored);
    want.outputs().forEach((k, v) -> assertArrayEquals(v, got.outputs().get(k), k));
    want.updates().forEach((k, v) -> assertArrayEquals(v, got.updates().get(k), k));
  }

  private static double[] values(Random r, TensorType t) {
    int n = (int) t.shape().elements();
    return t.dtype().isFloat()
        ? r.doubles(n, -0.5, 0.5).map(d -> Rounding.to(t.dtype(), d)).toArray()
        : r.ints(n, 0, 100).asDoubleStream().toArray();
  }
}
