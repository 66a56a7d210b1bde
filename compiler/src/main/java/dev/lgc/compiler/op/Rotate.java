package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * Rotates adjacent pairs of every head (rotary embedding, arXiv:2104.09864): x[b, s, heads d] and
 * rope[s, d/2, 2], cosine and sine, to [b, s, heads d]: {@code (x₀ cos - x₁ sin, x₁ cos + x₀ sin)}.
 * The transposed form uses the negated sine; it is the gradient. The table's gradient is not given:
 * tables are constants.
 */
public record Rotate(int heads, boolean transposed) implements Indexed {
  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape x = operands.get(0).shape();
    Shape rope = operands.get(1).shape();
    Checks.require(
        x.rank() == 3
            && rope.rank() == 3
            && rope.dim(0) == x.dim(1)
            && 2 * rope.dim(1) * heads == x.dim(2)
            && rope.dim(2) == 2,
        "%s of %s",
        this,
        operands);
    return operands.get(0);
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    List<Axis> space = Algorithm.axes(operands.get(0).shape().dims());
    List<Scalar> at = space.stream().map(Scalar::of).toList();
    Scalar two = Scalar.i32(2);
    Scalar channel = at.get(2);
    Scalar odd = Scalar.apply(Function.MOD, channel, two);
    Scalar even = Scalar.apply(Function.EQ, odd, Scalar.i32(0));
    Scalar pair =
        Scalar.apply(Function.MOD, channel.over(two), Scalar.i32(operands.get(1).shape().dim(1)));
    Scalar partner = channel.plus(Scalar.i32(1)).minus(odd.times(two));
    Scalar cosine = load(1, operands, at.get(1), pair, Scalar.i32(0));
    Scalar sine = load(1, operands, at.get(1), pair, Scalar.i32(1));
    Scalar negative = Scalar.apply(Function.NEG, sine);
    Scalar signed =
        transposed
            ? Scalar.apply(Function.SELECT, even, sine, negative)
            : Scalar.apply(Function.SELECT, even, negative, sine);
    Scalar value =
        load(0, operands, at.get(0), at.get(1), channel)
            .times(cosine)
            .plus(load(0, operands, at.get(0), at.get(1), partner).times(signed));
    return Algorithm.map(space, value);
  }

  private static Scalar load(int operand, List<TensorType> types, Scalar... index) {
    return new Scalar.Load(operand, types.get(operand).dtype(), List.of(index));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.add(new Rotate(heads, !transposed), g, x[1]), Terms.NONE};
  }
}
