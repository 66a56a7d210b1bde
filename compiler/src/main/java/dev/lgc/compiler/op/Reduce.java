package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Folds axes away with SUM, MAX or MIN. Elements equal to the maximum (minimum) share its gradient
 * evenly.
 *
 * @param axes ascending
 */
public record Reduce(Reducer reducer, List<Integer> axes) implements Reduction {
  public Reduce {
    axes = List.copyOf(axes);
    Checks.require(
        reducer == Reducer.SUM || reducer == Reducer.MAX || reducer == Reducer.MIN,
        "reduce with %s",
        reducer);
    Checks.require(!axes.isEmpty(), "reduce over nothing");
    for (int i = 1; i < axes.size(); i++) {
      Checks.require(axes.get(i - 1) < axes.get(i), "axes %s", axes);
    }
  }

  @Override
  public String name() {
    return reducer.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    Shape s = operands.getFirst().shape();
    Checks.require(axes.getFirst() >= 0 && axes.getLast() < s.rank(), "%s of %s", this, s);
    return operands.getFirst().withShape(new Shape(kept(s)));
  }

  private List<Integer> kept(Shape s) {
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < s.rank(); i++) {
      if (!axes.contains(i)) {
        kept.add(s.dim(i));
      }
    }
    return kept;
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Shape s = operands.getFirst().shape();
    List<Axis> space = Algorithm.axes(kept(s));
    List<Axis> reduction = new ArrayList<>();
    List<Scalar> index = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < s.rank(); i++) {
      Axis a;
      if (axes.contains(i)) {
        a = new Axis(space.size() + reduction.size(), s.dim(i));
        reduction.add(a);
      } else {
        a = space.get(next++);
      }
      index.add(Scalar.of(a));
    }
    Scalar load = new Scalar.Load(0, operands.getFirst().dtype(), index);
    return new Algorithm(space, reduction, reducer, load);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    TensorType type = t.type(x[0]);
    int spread = t.unreduce(g, axes, type.shape());
    if (reducer == Reducer.SUM) {
      return new int[] {spread};
    }
    int zero = t.fill(0, type);
    int extreme = t.equal(x[0], t.unreduce(y, axes, type.shape()));
    int count = t.sum(t.where(extreme, t.fill(1, type), zero), axes);
    int share = t.unreduce(t.div(g, count), axes, type.shape());
    return new int[] {t.where(extreme, share, zero)};
  }
}
