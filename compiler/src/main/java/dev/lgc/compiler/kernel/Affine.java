package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An integer expression as {@code constant + Σ stride · axis + Σ factor · term}.
 *
 * @param strides non-zero, by axis
 * @param rest what is not affine in the axes: remainders, quotients, loaded values
 */
public record Affine(long constant, Map<Axis, Long> strides, List<Part> rest) {
  public Affine {
    strides = Collections.unmodifiableMap(new LinkedHashMap<>(strides));
    rest = List.copyOf(rest);
  }

  /** A non-affine term with its factor. */
  public record Part(long factor, Scalar term) {}

  /** Returns true if this is affine in the axes. */
  public boolean isPure() {
    return rest.isEmpty();
  }

  /** The stride along an axis in the affine part. */
  public long stride(Axis axis) {
    return strides.getOrDefault(axis, 0L);
  }

  /** The same and a number more. */
  public Affine plus(long number) {
    return new Affine(constant + number, strides, rest);
  }

  public static Affine of(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> new Affine((long) l.value(), Map.of(), List.of());
      case Scalar.AxisIndex a -> new Affine(0, Map.of(a.axis(), 1L), List.of());
      case Scalar.Apply a ->
          switch (a.function()) {
            case ADD -> of(a.operands().get(0)).plus(of(a.operands().get(1)), 1);
            case SUB -> of(a.operands().get(0)).plus(of(a.operands().get(1)), -1);
            case NEG -> CONSTANT_ZERO.plus(of(a.operands().getFirst()), -1);
            case MUL -> product(a);
            default -> opaque(s);
          };
      case Scalar.Load l -> opaque(l);
      case Scalar.Uniform u -> opaque(u);
      case Scalar.Local l -> opaque(l);
    };
  }

  private static final Affine CONSTANT_ZERO = new Affine(0, Map.of(), List.of());

  private static Affine product(Scalar.Apply a) {
    Affine x = of(a.operands().get(0));
    Affine y = of(a.operands().get(1));
    if (x.isConstant()) {
      return CONSTANT_ZERO.plus(y, x.constant);
    }
    return y.isConstant() ? CONSTANT_ZERO.plus(x, y.constant) : opaque(a);
  }

  private boolean isConstant() {
    return strides.isEmpty() && rest.isEmpty();
  }

  private static Affine opaque(Scalar s) {
    return new Affine(0, Map.of(), List.of(new Part(1, s)));
  }

  private Affine plus(Affine o, long factor) {
    Map<Axis, Long> sum = new LinkedHashMap<>(strides);
    o.strides.forEach((axis, c) -> sum.merge(axis, c * factor, Long::sum));
    sum.values().removeIf(c -> c == 0);
    List<Part> parts = new ArrayList<>(rest);
    o.rest.forEach(p -> parts.add(new Part(p.factor * factor, p.term)));
    return new Affine(
        constant + o.constant * factor,
        sum,
        Stream.of(parts).flatMap(List::stream).filter(p -> p.factor != 0).toList());
  }
}
