package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the space axes that several kernels have in common. Where one kernel stores a value and
 * another reads it at an index with the same digit, the two axes are one; an axis of which that is
 * true in all kernels numbers parts of the work that have nothing to do with each other.
 *
 * <p>In: {@code s[b, i, j] = Σ d: q[b, i, d] * k[b, j, d]} and {@code y[b, i, d] = Σ j: s[b, i, j]
 * * v[b, j, d]}. Out: {@code b} and {@code i}, with the axis that each is in each kernel; {@code j}
 * is read as a whole.
 */
final class AxisAlignment {
  /** An axis of the space of one of the kernels. */
  private record Place(int part, Axis axis) {}

  private final ClusterPattern pattern;

  /** Axes that are one, as a forest of sets. */
  private final Map<Place, Place> parents = new HashMap<>();

  /** Axes that a reader does not share. */
  private final Set<Place> broken = new HashSet<>();

  private AxisAlignment(ClusterPattern pattern) {
    this.pattern = pattern;
  }

  /**
   * The axes that all kernels have in common, each as the axis of every kernel; none if a value is
   * not stored densely, or is read under a guard.
   */
  static List<List<Axis>> of(ClusterPattern pattern) {
    AxisAlignment a = new AxisAlignment(pattern);
    return a.align() ? a.common() : List.of();
  }

  private Kernel kernel(int part) {
    return pattern.parts().get(part).kernel();
  }

  private boolean align() {
    for (int p = 0; p < pattern.parts().size(); p++) {
      List<Integer> bound = pattern.parts().get(p).bound();
      for (int b = 0; b < bound.size(); b++) {
        if (kernel(p).buffers().get(b).access() != Buffer.Access.READ
            && pattern.isRead(p, bound.get(b))
            && !align(p, b, bound.get(b))) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean align(int writer, int buffer, int number) {
    Optional<DenseStore> store = DenseStore.of(kernel(writer), buffer);
    if (store.isEmpty()) {
      return false;
    }
    for (int p = 0; p < pattern.parts().size(); p++) {
      int read = pattern.parts().get(p).bound().indexOf(number);
      if (read < 0) {
        continue;
      }
      for (Scalar.Load l : loads(kernel(p), read)) {
        if (l.guard().isPresent()) {
          return false;
        }
        align(writer, store.get(), p, QuasiAffine.of(l.index().getFirst()));
      }
    }
    return true;
  }

  private void align(int writer, DenseStore store, int reader, QuasiAffine index) {
    for (DenseStore.Digit d : store.digits()) {
      Place written = new Place(writer, d.axis());
      if (!kernel(writer).space().contains(d.axis())) {
        continue;
      }
      Optional<Axis> at =
          DenseStore.axis(d.of(index))
              .filter(a -> a.extent() == d.axis().extent())
              .filter(kernel(reader).space()::contains);
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
    for (Axis first : kernel(0).space()) {
      List<Place> c = classes.get(find(new Place(0, first)));
      if (c != null && c.size() == pattern.parts().size()) {
        List<Axis> axes = new ArrayList<>();
        for (int p = 0; p < pattern.parts().size(); p++) {
          int part = p;
          c.stream().filter(x -> x.part() == part).findFirst().ifPresent(x -> axes.add(x.axis()));
        }
        if (axes.size() == pattern.parts().size()) {
          common.add(axes);
        }
      }
    }
    return common;
  }
}
