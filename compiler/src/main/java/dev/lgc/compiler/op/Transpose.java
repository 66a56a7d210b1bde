package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/** Result axis {@code i} is operand axis {@code permutation[i]}. */
public record Transpose(List<Integer> permutation) implements Movement {
  public Transpose {
    permutation = List.copyOf(permutation);
    Checks.require(
        permutation.stream()
            .sorted()
            .toList()
            .equals(IntStream.range(0, permutation.size()).boxed().toList()),
        "permutation %s",
        permutation);
  }

  /** The permutation that undoes this one. */
  public List<Integer> inverse() {
    return IntStream.range(0, permutation.size()).mapToObj(permutation::indexOf).toList();
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape s = operands.getFirst().shape();
    Checks.require(s.rank() == permutation.size(), "transpose %s of %s", permutation, s);
    return operands.getFirst().withShape(new Shape(permutation.stream().map(s::dim).toList()));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    List<Scalar> index = inverse().stream().map(i -> Scalar.of(space.get(i))).toList();
    return Algorithm.map(space, new Scalar.Load(0, operands.getFirst().dtype(), index));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.add(new Transpose(inverse()), g)};
  }
}
