package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.SumOfProducts;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Kernels that could be one, and over which axes. What one of them stores, another reads at some
 * indexes; where these have the same digit as what is stored, for a space axis of either, the axes
 * are one. An axis that is one in all kernels numbers batches that have nothing to do with each
 * other.
 *
 * <p>Before: {@code s[b, i, j] = Σ q[b, i, d] k[b, j, d]}, {@code p[b, i, j] = exp s[b, i, j]},
 * {@code y[b, i, d] = Σ p[b, i, j] v[b, j, d]}. After: over {@code b}, the three with s and p in
 * scratch; {@code i} is such an axis as well, but the products would lose that its rows share a
 * matrix, so it only is divided into blocks, where there are too few batches or they are large.
 */
final class Cluster {
  /**
   * A kernel and what its buffers are bound to.
   *
   * @param bound numbers of a pattern
   */
  record Part(Kernel kernel, List<Integer> bound) {
    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object o) {
      return o instanceof Part p && p.kernel == kernel && p.bound.equals(bound);
    }

    @Override
    public int hashCode() {
      return 31 * System.identityHashCode(kernel) + bound.hashCode();
    }
  }

  /**
   * What may become a cluster.
   *
   * @param parts in an order in which they can run
   * @param inner numbers of what no other kernel needs
   */
  record Pattern(List<Part> parts, BitSet inner) {}

  /** An axis of the space of one of the kernels. */
  private record Place(int part, Axis axis) {}

  private final Pattern pattern;
  private final List<Kernel> kernels = new ArrayList<>();
  private final Map<Place, Place> parents = new HashMap<>();
  private final Set<Place> broken = new HashSet<>();

  /** Per batch axis: the axis of each kernel. */
  private final List<List<Axis>> batches = new ArrayList<>();

  private long points = 1;
  private long scratchBytes;
  private FusedCall built;

  private Cluster(Pattern pattern) {
    this.pattern = pattern;
    pattern.parts().forEach(p -> kernels.add(p.kernel()));
  }

  /** The kernels as one, if they have batches in common that are independent of each other. */
  static Optional<Cluster> of(Pattern pattern, FusionLimits limits) {
    Cluster c = new Cluster(pattern);
    return c.align() && c.chooseSpace(limits) ? Optional.of(c) : Optional.empty();
  }

  /** Whether there is enough to do in parallel, and the scratch memory stays small. */
  boolean isWorth(FusionLimits limits) {
    return points >= limits.minRows()
        && scratchBytes <= limits.batchBytes()
        && buffers() <= 2L * limits.maxBuffers();
  }

  private long buffers() {
    return pattern.parts().stream()
        .flatMap(p -> p.bound().stream())
        .distinct()
        .filter(n -> !pattern.inner().get(n))
        .count();
  }

  /** One kernel of all; its buffers are those of {@link #bindings}. */
  Kernel kernel() {
    return built().kernel();
  }

  /** The pattern's numbers of the kernel's buffers. */
  List<Integer> bindings() {
    return built().bindings();
  }

  private FusedCall built() {
    if (built == null) {
      built = Canonical.of(new ClusterBuilder(pattern, kernels, batches).build());
    }
    return built;
  }

  // Which axes are one.

  private boolean align() {
    for (int p = 0; p < kernels.size(); p++) {
      List<Integer> bound = pattern.parts().get(p).bound();
      for (int b = 0; b < bound.size(); b++) {
        if (kernels.get(p).buffers().get(b).access() != Buffer.Access.READ
            && isRead(p, bound.get(b))
            && !align(p, b, bound.get(b))) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean isRead(int writer, int number) {
    for (int p = 0; p < kernels.size(); p++) {
      if (p != writer && pattern.parts().get(p).bound().contains(number)) {
        return true;
      }
    }
    return pattern.inner().get(number);
  }

  private boolean align(int writer, int buffer, int number) {
    Optional<Home> home = Home.of(kernels.get(writer), buffer);
    if (home.isEmpty()) {
      return false;
    }
    for (int p = 0; p < kernels.size(); p++) {
      int read = pattern.parts().get(p).bound().indexOf(number);
      if (read < 0) {
        continue;
      }
      for (Scalar.Load l : loads(kernels.get(p), read)) {
        if (l.guard().isPresent()) {
          return false;
        }
        align(writer, home.get(), p, Linear.of(l.index().getFirst()));
      }
    }
    return true;
  }

  private void align(int writer, Home home, int reader, Linear index) {
    for (Home.Digit d : home.digits()) {
      Place written = new Place(writer, d.axis());
      if (!kernels.get(writer).space().contains(d.axis())) {
        continue;
      }
      Optional<Axis> at =
          Home.axis(d.of(index))
              .filter(a -> a.extent() == d.axis().extent())
              .filter(kernels.get(reader).space()::contains);
      if (at.isPresent()) {
        unite(written, new Place(reader, at.get()));
      } else {
        broken.add(written);
      }
    }
  }

  private static List<Scalar.Load> loads(Kernel k, int buffer) {
    List<Scalar.Load> found = new ArrayList<>();
    for (Stage s : k.stages()) {
      List<Scalar> roots = new ArrayList<>(List.of(s.value()));
      if (s.target() instanceof Stage.Target.Store t) {
        roots.add(t.index());
      }
      for (Scalar r : roots) {
        Expressions.loadsOf(r).stream().filter(l -> l.operand() == buffer).forEach(found::add);
      }
    }
    return found;
  }

  private Place find(Place p) {
    Place up = parents.getOrDefault(p, p);
    return up.equals(p) ? p : find(up);
  }

  private void unite(Place a, Place b) {
    parents.put(find(a), find(b));
  }

  /** The axes that are one in all kernels: for each, the axis of each kernel. */
  private List<List<Axis>> common() {
    Map<Place, List<Place>> classes = new HashMap<>();
    Set<Place> all = new HashSet<>(broken);
    parents.forEach((p, up) -> all.addAll(List.of(p, up)));
    Set<Place> bad = new HashSet<>();
    broken.forEach(p -> bad.add(find(p)));
    for (Place p : all) {
      if (!bad.contains(find(p))) {
        classes.computeIfAbsent(find(p), x -> new ArrayList<>()).add(p);
      }
    }
    List<List<Axis>> common = new ArrayList<>();
    // In the order of the first kernel's axes, so that it does not depend on hashes.
    for (Axis first : kernels.getFirst().space()) {
      List<Place> c = classes.get(find(new Place(0, first)));
      if (c != null && c.size() == kernels.size()) {
        List<Axis> axes = new ArrayList<>();
        for (int p = 0; p < kernels.size(); p++) {
          int part = p;
          c.stream().filter(x -> x.part() == part).findFirst().ifPresent(x -> axes.add(x.axis()));
        }
        if (axes.size() == kernels.size()) {
          common.add(axes);
        }
      }
    }
    return common;
  }

  // Which of them are the space.

  private boolean chooseSpace(FusionLimits limits) {
    List<List<Axis>> rows = new ArrayList<>();
    for (List<Axis> axes : common()) {
      if (isShared(axes)) {
        batches.add(axes);
        points *= axes.getFirst().extent();
      } else {
        rows.add(axes);
      }
    }
    if (batches.isEmpty()) {
      return false;
    }
    Set<Integer> counted = new HashSet<>();
    for (Part p : pattern.parts()) {
      for (int b = 0; b < p.bound().size(); b++) {
        int number = p.bound().get(b);
        if (pattern.inner().get(number) && counted.add(number)) {
          Buffer buffer = p.kernel().buffers().get(b);
          scratchBytes += buffer.elements() / points * buffer.dtype().bytes();
        }
      }
    }
    rows.sort(Comparator.comparingInt(a -> -a.getFirst().extent()));
    for (List<Axis> axes : rows) {
      int extent = axes.getFirst().extent();
      int best = 1;
      for (int parts = 2;
          parts * limits.minBlockRows() <= extent && !isFine(best, limits);
          parts++) {
        best = extent % parts == 0 ? parts : best;
      }
      if (best > 1) {
        split(axes, extent / best);
        points *= best;
        scratchBytes /= best;
      }
    }
    return true;
  }

  private boolean isFine(int parts, FusionLimits limits) {
    return points * parts >= 2L * limits.minRows()
        && scratchBytes / parts <= limits.batchBytes() / 8;
  }

  /** Whether an axis is in both factors of every product. */
  private boolean isShared(List<Axis> axes) {
    for (int p = 0; p < kernels.size(); p++) {
      Optional<SumOfProducts> product = Clusters.product(kernels.get(p));
      if (product.isPresent() && !product.get().outer().contains(axes.get(p))) {
        return false;
      }
    }
    return true;
  }

  /** Divides an axis of every kernel into blocks, which are batches. */
  private void split(List<Axis> axes, int block) {
    List<Axis> blocks = new ArrayList<>();
    for (int p = 0; p < kernels.size(); p++) {
      Kernel k = kernels.get(p);
      Axis whole = axes.get(p);
      Axis high = new Axis(fresh(k), whole.extent() / block);
      Axis low = new Axis(high.number() + 1, block);
      Linear at = Linear.atom(Scalar.of(high)).times(block).plus(Linear.atom(Scalar.of(low)));
      Substitution s = new Substitution(null).put(whole, at);
      List<Axis> space = new ArrayList<>(k.space());
      int place = space.indexOf(whole);
      space.set(place, high);
      space.add(place + 1, low);
      List<Stage> stages = k.stages().stream().map(x -> Coalesce.rewrite(x, s::value)).toList();
      kernels.set(p, new Kernel(k.name(), k.buffers(), space, stages));
      blocks.add(high);
    }
    batches.add(blocks);
  }

  private static int fresh(Kernel k) {
    int most = -1;
    for (Axis a : k.space()) {
      most = Math.max(most, a.number());
    }
    for (Stage s : k.stages()) {
      for (List<Axis> axes : List.of(s.axes(), s.reduction())) {
        for (Axis a : axes) {
          most = Math.max(most, a.number());
        }
      }
    }
    return most + 1;
  }
}
