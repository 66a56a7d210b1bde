package dev.lgc.compiler.kernel.product;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.dsl.type.DType;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One factor of a contraction: the element {@code (constant + Σ stride · axis) / divisor} of a
 * buffer where all windows hold, and 0 elsewhere.
 *
 * @param dtype of the buffer: F32, or BF16 or I8, whose elements stand for the floats they are
 * @param divisor not 1 for the gradient of a strided convolution, whose windows see to it that the
 *     division is exact
 */
public record Factor(
    int buffer,
    DType dtype,
    long constant,
    Map<Axis, Long> strides,
    int divisor,
    List<GuardWindow> windows) {
  public Factor {
    strides = Collections.unmodifiableMap(new LinkedHashMap<>(strides));
    windows = List.copyOf(windows);
  }

  public long stride(Axis axis) {
    return strides.getOrDefault(axis, 0L);
  }

  public boolean isFloat() {
    return dtype == DType.F32;
  }

  public boolean isPlain() {
    return divisor == 1 && windows.isEmpty();
  }

  public boolean uses(Axis axis) {
    return stride(axis) != 0 || windows.stream().anyMatch(w -> w.position().stride(axis) != 0);
  }

  /** A factor as a source: a load of F32, or one that is converted to it. */
  public static Optional<Factor> of(Scalar factor) {
    return switch (factor) {
      case Scalar.Load l when l.dtype() == DType.F32 -> of(l);
      case Scalar.Apply(Function f, _, List<Scalar> x)
          when f == Function.TO_F32
              && x.getFirst() instanceof Scalar.Load l
              && (l.dtype() == DType.BF16 || l.dtype() == DType.I8) ->
          of(l);
      case Scalar _ -> Optional.empty();
    };
  }

  /** A load as a source, or nothing where its index or guard is of another form. */
  private static Optional<Factor> of(Scalar.Load load) {
    Optional<List<GuardWindow>> windows =
        load.guard().isEmpty() ? Optional.of(List.of()) : GuardWindow.of(load.guard().get());
    if (windows.isEmpty() || (load.guard().isPresent() && load.otherwise() != 0)) {
      return Optional.empty();
    }
    Affine index = Affine.of(load.index().getFirst());
    int divisor = 1;
    for (Affine.Part part : index.rest()) {
      Optional<Scalar.Apply> quotient = GuardWindow.quotient(part);
      if (quotient.isEmpty()
          || (divisor != 1 && divisor != GuardWindow.divisor(quotient.get()))
          || !isDivisible(quotient.get(), windows.get())) {
        return Optional.empty();
      }
      divisor = GuardWindow.divisor(quotient.get());
    }
    long constant = index.constant() * divisor;
    Map<Axis, Long> strides = new HashMap<>();
    int d = divisor;
    index.strides().forEach((axis, stride) -> strides.put(axis, stride * d));
    for (Affine.Part part : index.rest()) {
      Affine x = Affine.of(GuardWindow.quotient(part).get().operands().getFirst());
      constant += part.factor() * x.constant();
      x.strides().forEach((axis, stride) -> strides.merge(axis, part.factor() * stride, Long::sum));
    }
    strides.values().removeIf(s -> s == 0);
    return Optional.of(
        new Factor(load.operand(), load.dtype(), constant, strides, divisor, windows.get()));
  }

  private static boolean isDivisible(Scalar.Apply quotient, List<GuardWindow> windows) {
    Affine x = Affine.of(quotient.operands().getFirst());
    return x.isPure()
        && windows.stream()
            .anyMatch(w -> w.position().equals(x) && w.modulus() == GuardWindow.divisor(quotient));
  }
}
