package dev.lgc.compiler.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.plan.RandomGraphs;
import dev.lgc.compiler.rewrite.Decompose;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Kernels that are built once for regions alike are those that each region would get by itself. */
@Tag("pure")
final class KernelDeduplicatorTest {
  @Test
  void layersGetTheKernelsTheyWouldGetAlone() {
    Blocks n = new Blocks();
    int x = n.input("x", 2, 64, 64);
    int key = n.integers("key", 4);
    int rope = n.input("rope", 64, 8, 2);
    for (int i = 0; i < 4; i++) {
      x = n.llamaBlock("layers." + i, x, 4, rope, key);
    }
    n.backward("llama", x);
    Shared shared = compare(n.graph());
    assertTrue(shared.kernels < shared.regions / 2, shared.toString());
  }

  @Test
  void regionsOfRandomGraphsToo() {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    for (long seed = first; seed < first + 200; seed++) {
      try {
        compare(Decompose.all(new RandomGraphs(seed).graph(40)));
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  /** How many regions a graph has, and how many kernels were built for them. */
  private record Shared(int regions, int kernels) {}

  private static Shared compare(Graph g) {
    int[] base = Fuser.bases(g);
    Set<Integer> liveOut = new HashSet<>();
    Stream.concat(g.outputs().values().stream(), g.updates().values().stream())
        .map(n -> base[n])
        .filter(n -> !(g.node(n).op() instanceof Source))
        .forEach(liveOut::add);
    NodeAnalysis analysis = new NodeAnalysis(g, JvmFusion.LIMITS);
    KernelDeduplicator deduplicator = new KernelDeduplicator(analysis, base);
    List<Region> regions = Partition.of(analysis, new LiveOut(liveOut, Set.of()));
    Set<Object> kernels = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Region r : regions) {
      FusedCall alone = deduplicator.cleaned(KernelBuilder.build(analysis, r, base));
      FusedCall call = deduplicator.cleaned(deduplicator.call(r));
      assertEquals(alone, call);
      kernels.add(call.kernel());
    }
    return new Shared(regions.size(), kernels.size());
  }
}
