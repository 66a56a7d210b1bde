package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives loops dynamic bounds: ends them where the rest of their positions, the masked tail, would
 * change no result. Such an end is a number in memory that the kernel compares their axes with. So
 * attention over a cache reads only what is written of it.
 *
 * <p>Before:
 *
 * <pre>
 * for j &lt; 256: v1[j] = sum d &lt; 64: q[d] * k[j*64 + d]
 * v2 = max j &lt; 256: select(j &lt;= n[0], v1[j], -Infinity)
 * for j &lt; 256: v3[j] = exp(select(j &lt;= n[0], v1[j], -Infinity) - v2)
 * v4 = sum j &lt; 256: v3[j]
 * for d &lt; 64: y[d] = sum j &lt; 256: v3[j] / v4 * v[j*64 + d]
 * </pre>
 *
 * <p>After: the same with {@code j < min(256, n[0] + 1)} everywhere.
 *
 * <p><b>Proof.</b> An end {@code e} is taken from a comparison: {@code j <= n} is false from {@code
 * n + 1} on. What expressions are where {@code j >= e} follows from what they are made of ({@link
 * MaskedTail}):
 *
 * <ul>
 *   <li>a literal is itself; a select whose condition is known there is the operand it selects;
 *   <li>{@code x - max x} of what is minus infinity there is minus infinity, and its exponential 0;
 *   <li>0 times anything is 0, and so is 0 divided by what is the same for all {@code j};
 *   <li>an element of a scratch array is what its stage computes at that index.
 * </ul>
 *
 * A sum of what is 0 beyond the end, and a maximum of what is minus infinity there, may stop at the
 * end. A scratch array need not be computed beyond it if all who read it stop there.
 *
 * <p><b>What the proof lets pass.</b>
 *
 * <ul>
 *   <li>0 times what is beyond the end is not 0 where that is infinite or NaN, such as memory that
 *       was never written. Without a bound the result would be NaN then; with it, it is what the
 *       positions before the end say.
 *   <li>0 divided by 0 or NaN is NaN, but then the positions before the end are divided by it too,
 *       and the result is not finite either way.
 *   <li>Where the maximum is minus infinity or NaN, which takes a score before the end that is, all
 *       of the row is NaN either way.
 *   <li>Where everything is masked, no position is before the end: then loops have no bound ({@link
 *       Stage.Bound}), and compute what they did.
 *   <li>{@code n + 1} may overflow: the end is negative, and loops have no bound.
 * </ul>
 *
 * <p>Otherwise the result is the same but for the order in which a target adds: nothing but zeros
 * is left out.
 *
 * <p>Only an end that is the same for the whole kernel is looked for. That of a row of causal
 * attention over all positions, the row's number, would be found by the same rules; but there the
 * products are computed as products of matrices, which read a whole row of probabilities.
 */
final class DynamicBounds {
  private final Kernel kernel;
  private final int unrolled;
  private final Scalar end;
  private final MaskedTail beyond;

  /** By stage: the axis that is bounded. */
  private final Map<Integer, Axis> bounded = new HashMap<>();

  private DynamicBounds(Kernel kernel, MaskComparisons ends, Affine end, int unrolled) {
    this.kernel = kernel;
    this.unrolled = unrolled;
    this.end = MaskComparisons.scalar(end);
    this.beyond = new MaskedTail(kernel.stages(), ends, end);
  }

  /** The kernel with the bounds of the first end that gives any. */
  static Kernel of(Kernel kernel, FusionLimits limits) {
    MaskComparisons ends = new MaskComparisons(kernel);
    for (Affine end : ends.all()) {
      DynamicBounds b = new DynamicBounds(kernel, ends, end, limits.unrolled());
      b.find();
      if (!b.bounded.isEmpty()) {
        return b.kernel();
      }
    }
    return kernel;
  }

  /** Reductions that may stop, and arrays that only loops read which stop: readers come later. */
  private void find() {
    for (int i = kernel.stages().size() - 1; i >= 0; i--) {
      Stage s = kernel.stages().get(i);
      int stage = i;
      s.reduction().stream()
          .filter(a -> beyond.isNeutral(s, a))
          .findFirst()
          .or(() -> unread(s))
          .filter(a -> a.extent() > unrolled)
          .ifPresent(a -> bounded.put(stage, a));
    }
  }

  /** An axis of a scratch array of which nobody reads what is beyond the end. */
  private Optional<Axis> unread(Stage s) {
    if (!(s.target() instanceof Stage.Target.Scratch t)) {
      return Optional.empty();
    }
    List<Read> reads = new ArrayList<>();
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage reader = kernel.stages().get(i);
      Optional<Axis> stops = Optional.ofNullable(bounded.get(i));
      Set<Scalar> seen = Collections.newSetFromMap(new IdentityHashMap<>());
      collect(reader.value(), t.number(), stops, reads, seen);
      if (reader.target() instanceof Stage.Target.Store store) {
        collect(store.index(), t.number(), stops, reads, seen);
      }
    }
    for (int d = 0; d < s.axes().size() && !reads.isEmpty(); d++) {
      int dimension = d;
      if (reads.stream().allMatch(r -> r.stops(dimension))) {
        return Optional.of(s.axes().get(d));
      }
    }
    return Optional.empty();
  }

  /**
   * A read of a scratch array.
   *
   * @param bounded the axis that stops in the stage that reads
   */
  private record Read(List<Scalar> index, Optional<Axis> bounded) {
    boolean stops(int dimension) {
      return bounded.filter(a -> index.get(dimension).equals(Scalar.of(a))).isPresent();
    }
  }

  private static void collect(
      Scalar s, int local, Optional<Axis> stops, List<Read> reads, Set<Scalar> seen) {
    if (!seen.add(s)) {
      return;
    }
    if (s instanceof Scalar.Local l && l.number() == local) {
      reads.add(new Read(l.index(), stops));
    }
    s.children().forEach(c -> collect(c, local, stops, reads, seen));
  }

  private Kernel kernel() {
    List<Stage> stages = new ArrayList<>();
    for (int i = 0; i < kernel.stages().size(); i++) {
      Optional<Axis> axis = Optional.ofNullable(bounded.get(i));
      stages.add(kernel.stages().get(i).to(axis.map(a -> new Stage.Bound(a, end))));
    }
    return new Kernel(kernel.name(), kernel.buffers(), kernel.space(), stages);
  }
}
