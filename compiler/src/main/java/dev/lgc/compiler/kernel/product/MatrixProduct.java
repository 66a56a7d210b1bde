package dev.lgc.compiler.kernel.product;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Kernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * A contraction as one batched matrix product {@code c[batch…, m, n] = Σ a[batch…, m, k] ·
 * b[batch…, k, n]}. Factors have extent 1 in the batch dimensions that they do not vary along; both
 * are F32, or both BF16, whose products and sums are F32.
 */
public record MatrixProduct(StridedTensor a, StridedTensor b, StridedTensor c) {
  /** Batch dimensions. */
  public int batch() {
    return c.extents().size() - 2;
  }

  public long rows() {
    return c.extent(batch());
  }

  public long columns() {
    return c.extent(batch() + 1);
  }

  public long depth() {
    return a.extent(batch() + 1);
  }

  /** The kernel as a product, when its axes go together that well. */
  public static Optional<MatrixProduct> of(Kernel kernel) {
    return ImplicitGemm.of(kernel).flatMap(MatrixProduct::of);
  }

  static Optional<MatrixProduct> of(ImplicitGemm p) {
    if (!p.isAlike() || !p.a().isPlain() || !p.b().isPlain()) {
      return Optional.empty();
    }
    List<Run> outer = runs(p.outer(), p);
    List<Run> rows = runs(p.rows(), p);
    List<Run> columns = runs(p.columns(), p);
    List<Run> depth = runs(p.depth(), p);
    if (depth.size() > 1) {
      return Optional.empty();
    }
    Run m = rows.isEmpty() ? Run.ONE : rows.remove(longest(rows));
    Run n = columns.isEmpty() ? Run.ONE : columns.removeLast();
    Run k = depth.isEmpty() ? Run.ONE : depth.getFirst();
    List<Run> batch = new ArrayList<>(outer);
    batch.addAll(rows);
    batch.addAll(columns);
    if (n.extent > 1 && n.c != 1) {
      return Optional.empty();
    }
    return Optional.of(
        new MatrixProduct(
            strided(p.a().buffer(), p.a().constant(), batch, List.of(m, k), Run::a)
                .withDType(p.a().dtype()),
            strided(p.b().buffer(), p.b().constant(), batch, List.of(k, n), Run::b)
                .withDType(p.b().dtype()),
            strided(p.c(), p.target().constant(), batch, List.of(m, n), Run::c)));
  }

  private static int longest(List<Run> runs) {
    int longest = 0;
    for (int i = 1; i < runs.size(); i++) {
      longest = runs.get(i).extent > runs.get(longest).extent ? i : longest;
    }
    return longest;
  }

  private static StridedTensor strided(
      int buffer, long offset, List<Run> batch, List<Run> matrix, ToLongFunction<Run> stride) {
    List<Long> extents = new ArrayList<>();
    List<Long> strides = new ArrayList<>();
    for (Run r : batch) {
      long s = stride.applyAsLong(r);
      extents.add(s == 0 ? 1 : r.extent);
      strides.add(s);
    }
    for (Run r : matrix) {
      extents.add(r.extent);
      strides.add(stride.applyAsLong(r));
    }
    return new StridedTensor(buffer, offset, extents, strides);
  }

  /** Axes that can be walked as one in all three tensors. */
  private record Run(long extent, long a, long b, long c) {
    static final Run ONE = new Run(1, 1, 1, 1);
  }

  private static List<Run> runs(List<Axis> axes, ImplicitGemm p) {
    List<Run> runs = new ArrayList<>();
    for (Axis axis : axes) {
      if (axis.extent() == 1) {
        continue;
      }
      long e = axis.extent();
      Run r = new Run(e, p.a().stride(axis), p.b().stride(axis), p.target().stride(axis));
      Run last = runs.isEmpty() ? null : runs.getLast();
      if (last != null && last.a == r.a * e && last.b == r.b * e && last.c == r.c * e) {
        runs.set(runs.size() - 1, new Run(last.extent * e, r.a, r.b, r.c));
      } else {
        runs.add(r);
      }
    }
    return runs;
  }
}
