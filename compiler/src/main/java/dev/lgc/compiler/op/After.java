package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * {@code after(x, y)}: the value {@code x}, to be used only once {@code y} is known. What is
 * computed from it stays apart from the same expression of {@code x} itself, and is computed later;
 * so a value can be computed twice on purpose. Takes no memory and no time.
 */
public record After() implements Movement {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(operands.size() == 2, "%s of %s", this, operands);
    return operands.getFirst();
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    TensorType x = operands.getFirst();
    List<Axis> space = Algorithm.axes(x.shape().dims());
    return Algorithm.map(
        space, new Scalar.Load(0, x.dtype(), space.stream().map(Scalar::of).toList()));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {g, Terms.NONE};
  }
}
