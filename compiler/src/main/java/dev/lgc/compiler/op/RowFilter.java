package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Weighted sums of whole rows of x[b, c, h, w]: {@code y[b, c, q, w] = Σ taps[j] x[b, c, stride · q
 * + j - before, w]}, zero outside. The weights are constants, and those that are 0 cost nothing.
 *
 * @param rows the window, as long as there are taps
 */
public record RowFilter(Window rows, List<Double> taps) implements Indexed {
  public RowFilter {
    taps = List.copyOf(taps);
    Checks.require(
        taps.size() == rows.kernel() && taps.stream().anyMatch(t -> t != 0), "taps %s", taps);
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape x = operands.getFirst().shape();
    Checks.require(x.rank() == 4, "%s of %s", this, operands);
    return TensorType.f32(x.dim(0), x.dim(1), rows.outputs(x.dim(2)), x.dim(3));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    int height = operands.getFirst().shape().dim(2);
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    Scalar sum = null;
    for (int j = 0; j < taps.size(); j++) {
      if (taps.get(j) != 0) {
        Scalar term = times(row(space, j - rows.before(), height), taps.get(j));
        sum = sum == null ? term : sum.plus(term);
      }
    }
    return Algorithm.map(space, sum);
  }

  private Scalar row(List<Axis> space, int from, int height) {
    Axis q = space.get(2);
    Scalar at = Scalar.of(q).times(Scalar.i32(rows.stride())).plus(Scalar.i32(from));
    boolean beyond = (q.extent() - 1) * rows.stride() + from >= height;
    Optional<Scalar> inside = Window.inside(Optional.empty(), at, from < 0, beyond, height);
    List<Scalar> index =
        List.of(Scalar.of(space.get(0)), Scalar.of(space.get(1)), at, Scalar.of(space.get(3)));
    return new Scalar.Load(0, DType.F32, index, inside, 0);
  }

  private static Scalar times(Scalar x, double factor) {
    return factor == 1 ? x : x.times(Scalar.f32(factor));
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.add(new RowSpread(rows, taps, t.type(x[0]).shape().dim(2)), g)};
  }
}
