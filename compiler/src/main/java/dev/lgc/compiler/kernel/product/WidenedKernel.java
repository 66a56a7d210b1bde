package dev.lgc.compiler.kernel.product;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A contraction of BF16 factors as one of F32, for what multiplies only those.
 *
 * @param kernel the same with F32 in the factors' buffers
 * @param buffers those buffers
 */
public record WidenedKernel(Kernel kernel, List<Integer> buffers) {
  public WidenedKernel {
    buffers = List.copyOf(buffers);
  }

  /** The kernel with wide factors, if it is a contraction of two narrow ones. */
  public static Optional<WidenedKernel> of(Kernel kernel) {
    if (kernel.buffers().stream().noneMatch(b -> b.dtype() == DType.BF16)) {
      return Optional.empty();
    }
    return ImplicitGemm.asWritten(kernel)
        .filter(p -> p.isAlike() && !p.isFloat())
        .map(
            p ->
                widened(kernel, IntStream.of(p.a().buffer(), p.b().buffer()).distinct().toArray()));
  }

  private static WidenedKernel widened(Kernel kernel, int[] narrow) {
    List<Buffer> buffers = new ArrayList<>(kernel.buffers());
    for (int b : narrow) {
      Buffer old = buffers.get(b);
      buffers.set(b, new Buffer(DType.F32, old.elements(), old.access()));
    }
    Stage s = kernel.stages().getFirst();
    Stage wide =
        new Stage(s.target(), s.axes(), s.reduction(), s.reducer(), widened(s.value()), s.bound());
    return new WidenedKernel(
        new Kernel(kernel.name(), buffers, kernel.space(), List.of(wide)),
        IntStream.of(narrow).boxed().toList());
  }

  /** An expression that loads F32 where it converted BF16 to that. */
  private static Scalar widened(Scalar s) {
    return s instanceof Scalar.Apply(Function f, _, List<Scalar> x)
            && f == Function.TO_F32
            && x.getFirst() instanceof Scalar.Load l
        ? new Scalar.Load(l.operand(), DType.F32, l.index(), l.guard(), l.otherwise())
        : s.withChildren(s.children().stream().map(WidenedKernel::widened).toList());
  }
}
