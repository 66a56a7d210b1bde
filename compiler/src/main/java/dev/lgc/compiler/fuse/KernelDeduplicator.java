package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Kernel;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Kernel deduplication: builds the kernels of a graph's regions, those of repeated layers once.
 * Regions with equal {@link RegionKey}s get the same kernel, bound to other memory.
 *
 * <p>In: the regions of twelve equal layers. Out: calls of the kernels of one.
 */
final class KernelDeduplicator {
  private final NodeAnalysis analysis;
  private final int[] base;
  private final Map<Algorithm, Integer> algorithms = new IdentityHashMap<>();
  private final Map<List<Object>, Model> known = new HashMap<>();
  private final Map<Kernel, FusedCall> cleaned = new IdentityHashMap<>();

  /**
   * @param base for every node the node whose memory it is in
   */
  KernelDeduplicator(NodeAnalysis analysis, int[] base) {
    this.analysis = analysis;
    this.base = base;
  }

  /** A call that was built, and {@link RegionKey#nodes} of its region. */
  private record Model(FusedCall call, List<Integer> nodes) {}

  /** The kernel of a region, as it is built. */
  FusedCall call(Region r) {
    RegionKey d = new RegionKey(analysis, base, algorithms, r);
    if (!d.isComparable()) {
      return build(r);
    }
    Model earlier = known.get(d.key());
    if (earlier == null) {
      FusedCall call = build(r);
      known.put(d.key(), new Model(call, d.nodes()));
      return call;
    }
    Map<Integer, Integer> to = new HashMap<>();
    for (int i = 0; i < d.nodes().size(); i++) {
      to.put(earlier.nodes().get(i), d.nodes().get(i));
    }
    return new FusedCall(
        earlier.call().kernel(),
        earlier.call().bindings().stream().map(to::get).toList(),
        earlier.call().stored().stream().map(to::get).toList(),
        KernelNames.origin(analysis, r),
        KernelNames.label(analysis, r));
  }

  private FusedCall build(Region r) {
    return KernelBuilder.build(analysis, r, base);
  }

  /**
   * A call of one of these kernels as it is to be run: loops joined and bounded, numbered in order
   * of use.
   */
  FusedCall cleaned(FusedCall call) {
    FusedCall clean =
        cleaned.computeIfAbsent(
            call.kernel(),
            k -> {
              List<Integer> places = IntStream.range(0, k.buffers().size()).boxed().toList();
              return Canonical.of(
                  new FusedCall(
                      DynamicBounds.of(CoalesceLoops.of(k), analysis.limits),
                      places,
                      List.of(),
                      Origin.NONE,
                      ""));
            });
    List<Integer> bindings = clean.bindings().stream().map(call.bindings()::get).toList();
    return new FusedCall(clean.kernel(), bindings, call.stored(), call.origin(), call.label());
  }
}
