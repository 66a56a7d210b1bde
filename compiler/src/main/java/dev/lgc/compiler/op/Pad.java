package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Surrounds with {@code value}: so many elements before and after, per axis. */
public record Pad(List<Integer> before, List<Integer> after, double value) implements Movement {
  public Pad {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape s = operands.getFirst().shape();
    Checks.require(before.size() == s.rank() && after.size() == s.rank(), "%s of %s", this, s);
    return operands
        .getFirst()
        .withShape(
            new Shape(
                IntStream.range(0, s.rank())
                    .mapToObj(i -> before.get(i) + s.dim(i) + after.get(i))
                    .toList()));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Shape from = operands.getFirst().shape();
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    List<Scalar> index = new ArrayList<>();
    Optional<Scalar> guard = Optional.empty();
    for (int i = 0; i < space.size(); i++) {
      Scalar at = Scalar.of(space.get(i));
      Scalar x = before.get(i) == 0 ? at : at.minus(Scalar.i32(before.get(i)));
      index.add(x);
      if (before.get(i) > 0) {
        guard = and(guard, Scalar.apply(Function.LE, Scalar.i32(before.get(i)), at));
      }
      if (after.get(i) > 0) {
        Scalar end = Scalar.i32(before.get(i) + from.dim(i));
        guard = and(guard, Scalar.apply(Function.LT, at, end));
      }
    }
    DType dtype = operands.getFirst().dtype();
    return Algorithm.map(space, new Scalar.Load(0, dtype, index, guard, value));
  }

  /** Both conditions, where the first may be absent. */
  static Optional<Scalar> and(Optional<Scalar> a, Scalar b) {
    return Optional.of(a.map(x -> Scalar.apply(Function.AND, x, b)).orElse(b));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    Shape from = t.type(x[0]).shape();
    int v = g;
    for (int i = 0; i < from.rank(); i++) {
      v = t.slice(v, i, before.get(i), before.get(i) + from.dim(i));
    }
    return new int[] {v};
  }
}
