package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.SumOfProducts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Kernels that can be one, and the axes that it runs over in parallel: of those that all kernels
 * have in common ({@link AxisAlignment}), the ones that number batches in every product.
 *
 * <p>Before: {@code s[b, i, j] = Σ q[b, i, d] k[b, j, d]}, {@code p[b, i, j] = exp s[b, i, j]},
 * {@code y[b, i, d] = Σ p[b, i, j] v[b, j, d]}. After: over {@code b}, the three with s and p in
 * scratch; {@code i} is common as well, but the products would lose that its rows share a matrix,
 * so it only is divided into blocks, where there are too few batches or they are large.
 */
final class Cluster {
  private final ClusterPattern pattern;

  /** The kernels of the pattern, with axes divided into blocks. */
  private final List<Kernel> kernels = new ArrayList<>();

  /** Per batch axis: the axis of each kernel. */
  private final List<List<Axis>> batches = new ArrayList<>();

  private long points = 1;
  private long scratchBytes;
  private Optional<FusedCall> built = Optional.empty();

  private Cluster(ClusterPattern pattern) {
    this.pattern = pattern;
    pattern.parts().forEach(p -> kernels.add(p.kernel()));
  }

  /** The kernels as one, if they have batches in common that are independent of each other. */
  static Optional<Cluster> of(ClusterPattern pattern, FusionLimits limits) {
    List<List<Axis>> aligned = AxisAlignment.of(pattern);
    Cluster c = new Cluster(pattern);
    return c.chooseSpace(aligned, limits) ? Optional.of(c) : Optional.empty();
  }

  /** A kernel as a product of matrices, or of batches of them. */
  static Optional<SumOfProducts> product(Kernel k) {
    return k.stages().size() == 1
        ? SumOfProducts.asWritten(k).filter(SumOfProducts::isOfMatrices)
        : Optional.empty();
  }

  /** Returns true if there is enough to do in parallel, and the scratch memory stays small. */
  boolean isWorth(FusionLimits limits) {
    return points >= limits.minRows()
        && scratchBytes <= limits.batchBytes()
        && pattern.buffers() <= 2L * limits.maxBuffers();
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
    if (built.isEmpty()) {
      built =
          Optional.of(Canonical.of(new ClusterKernelBuilder(pattern, kernels, batches).build()));
    }
    return built.get();
  }

  private boolean chooseSpace(List<List<Axis>> aligned, FusionLimits limits) {
    List<List<Axis>> rows = new ArrayList<>();
    for (List<Axis> axes : aligned) {
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
    for (ClusterPattern.Part p : pattern.parts()) {
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

  /** Returns true if an axis is in both factors of every product. */
  private boolean isShared(List<Axis> axes) {
    for (int p = 0; p < kernels.size(); p++) {
      Optional<SumOfProducts> product = product(kernels.get(p));
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
      Axis high = new Axis(k.freeAxis(), whole.extent() / block);
      Axis low = new Axis(high.number() + 1, block);
      QuasiAffine at =
          QuasiAffine.atom(Scalar.of(high)).times(block).plus(QuasiAffine.atom(Scalar.of(low)));
      Substitution s = Substitution.inKernel().put(whole, at);
      List<Axis> space = new ArrayList<>(k.space());
      int place = space.indexOf(whole);
      space.set(place, high);
      space.add(place + 1, low);
      List<Stage> stages =
          k.stages().stream().map(x -> CoalesceLoops.rewrite(x, s::value)).toList();
      kernels.set(p, new Kernel(k.name(), k.buffers(), space, stages));
      blocks.add(high);
    }
    batches.add(blocks);
  }
}
