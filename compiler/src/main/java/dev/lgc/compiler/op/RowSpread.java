package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The gradient of {@link RowFilter} with the same taps: from g[b, c, q, w] to {@code y[b, c, h, w]
 * = Σ taps[j] g[b, c, q, w]} over the j and q with {@code stride · q + j - before = h}.
 *
 * @param height rows of the result
 */
public record RowSpread(Window rows, List<Double> taps, int height) implements Indexed {
  public RowSpread {
    taps = List.copyOf(taps);
    Checks.require(
        taps.size() == rows.kernel() && taps.stream().anyMatch(t -> t != 0), "taps %s", taps);
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape g = operands.getFirst().shape();
    Checks.require(g.rank() == 4 && g.dim(2) == rows.outputs(height), "%s of %s", this, operands);
    return TensorType.f32(g.dim(0), g.dim(1), height, g.dim(3));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    int count = operands.getFirst().shape().dim(2);
    List<Axis> space = Algorithm.axes(infer(operands).shape().dims());
    Scalar place = Scalar.of(space.get(2));
    if (rows.before() > 0) {
      place = place.plus(Scalar.i32(rows.before()));
    }
    Scalar stride = Scalar.i32(rows.stride());
    Scalar phase = Scalar.apply(Function.MOD, place, stride);
    Scalar last = place.over(stride);
    int largest = (height - 1 + rows.before()) / rows.stride();
    Scalar sum = null;
    for (int back = 0; back * rows.stride() < taps.size(); back++) {
      Scalar q = back == 0 ? last : last.minus(Scalar.i32(back));
      boolean below = rows.before() / rows.stride() < back;
      Optional<Scalar> inside =
          Window.inside(Optional.empty(), q, below, largest - back >= count, count);
      List<Scalar> index =
          List.of(Scalar.of(space.get(0)), Scalar.of(space.get(1)), q, Scalar.of(space.get(3)));
      Scalar value = new Scalar.Load(0, DType.F32, index, inside, 0);
      Scalar tap = tap(phase, back * rows.stride());
      Scalar term = tap.equals(Scalar.f32(1)) ? value : value.times(tap);
      sum = sum == null ? term : sum.plus(term);
    }
    return Algorithm.map(space, sum);
  }

  /** Tap {@code first + phase}, or 0 where there is none: the most frequent one, else another. */
  private Scalar tap(Scalar phase, int first) {
    List<Double> all = IntStream.range(first, first + rows.stride()).mapToObj(this::at).toList();
    double most =
        all.stream().max(Comparator.comparingInt(t -> Collections.frequency(all, t))).get();
    Scalar tap = Scalar.f32(most);
    for (int p = all.size() - 1; p >= 0; p--) {
      if (all.get(p) != most) {
        Scalar here = Scalar.apply(Function.EQ, phase, Scalar.i32(p));
        tap = Scalar.apply(Function.SELECT, here, Scalar.f32(all.get(p)), tap);
      }
    }
    return tap;
  }

  private double at(int tap) {
    return tap < taps.size() ? taps.get(tap) : 0;
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    return new int[] {t.add(new RowFilter(rows, taps), g)};
  }
}
