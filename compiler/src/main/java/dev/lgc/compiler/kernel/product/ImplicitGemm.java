package dev.lgc.compiler.kernel.product;

import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.ProductAxes;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;
import java.util.Optional;

/**
 * A general matrix product, implicit where a factor is gathered: a kernel as {@code C[outer, rows,
 * columns] = Σ over depth of A[outer, rows, depth] · B[outer, columns, depth]} ({@link
 * ProductAxes}). A and B are the kernel's factors in either order.
 *
 * @param target index into buffer {@code c} of an element
 */
public record ImplicitGemm(ProductAxes axes, Factor a, Factor b, int c, Affine target)
    implements ProductAxes.Of {
  /** Multiplications and additions, each counted as one operation. */
  public long flops() {
    return 2 * outerCount() * rowCount() * columnCount() * depthCount();
  }

  /** Returns true if both factors are F32 in memory. */
  public boolean isFloat() {
    return a.isFloat() && b.isFloat();
  }

  /** Returns true if both factors are F32 in memory, or both BF16. */
  public boolean isAlike() {
    return a.dtype() == b.dtype() && a.dtype() != DType.I8;
  }

  /**
   * The kernel as a contraction, when it is one sum of products of two loads and nothing else: of
   * F32, or of narrower numbers that are converted to it.
   */
  public static Optional<ImplicitGemm> of(Kernel kernel) {
    return SumOfProducts.of(kernel).flatMap(p -> of(p, kernel));
  }

  /** The same with the kernel's own axes: the gradient of a strided convolution in one piece. */
  public static Optional<ImplicitGemm> asWritten(Kernel kernel) {
    return SumOfProducts.asWritten(kernel).flatMap(p -> of(p, kernel));
  }

  private static Optional<ImplicitGemm> of(SumOfProducts p, Kernel kernel) {
    return kernel.buffers().get(p.target().buffer()).dtype() == DType.F32
        ? of(p)
        : Optional.empty();
  }

  private static Optional<ImplicitGemm> of(SumOfProducts p) {
    Optional<Factor> a = Factor.of(p.a());
    Optional<Factor> b = Factor.of(p.b());
    boolean ascending = p.at().strides().values().stream().allMatch(stride -> stride > 0);
    if (a.isEmpty() || b.isEmpty() || !p.at().isPure() || !ascending) {
      return Optional.empty();
    }
    int c = p.target().buffer();
    return Optional.of(new ImplicitGemm(p.axes(), a.get(), b.get(), c, p.at()));
  }
}
