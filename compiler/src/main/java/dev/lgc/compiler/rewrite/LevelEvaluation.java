package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.emit.interp.FunctionValue;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * The {@link Levels} of one algorithm's result from those of its operands, element by element where
 * elements differ.
 *
 * <p>A number that is known reaches further than its level: what is multiplied by a known 0 does
 * not reach the product, an element of a known −∞ does not reach a maximum, and of two branches
 * only the chosen one counts. So masks, whether they choose, multiply or are added, do what they
 * are written for. Numbers that are not known are taken to be finite, and less than {@link #FAR} in
 * magnitude.
 */
final class LevelEvaluation {
  /** A mask that is added may be this far below zero instead of infinitely far. */
  private static final double FAR = 1e8;

  private static final double FURTHEST = Double.NEGATIVE_INFINITY;

  /** Evaluations of one algorithm that are worth their time. */
  private static final long MOST = 200_000_000;

  private final Algorithm algorithm;
  private final List<Levels> operands;
  private final int[] position;

  /** The level of what was evaluated last. */
  private int level;

  private LevelEvaluation(Algorithm a, List<Levels> operands) {
    this.algorithm = a;
    this.operands = operands;
    int axes = 0;
    for (Axis x : a.space()) {
      axes = Math.max(axes, x.number() + 1);
    }
    for (Axis x : a.reduction()) {
      axes = Math.max(axes, x.number() + 1);
    }
    this.position = new int[axes];
  }

  /** Evaluates an algorithm. */
  static Levels of(Algorithm a, List<Levels> operands) {
    return new LevelEvaluation(a, operands).evaluate();
  }

  private Levels evaluate() {
    TreeSet<Integer> told = new TreeSet<>();
    axes(algorithm.value(), told);
    List<Axis> space = algorithm.space();
    List<Axis> apart = space.stream().filter(x -> told.contains(x.number())).toList();
    List<Axis> folded =
        algorithm.reduction().stream().filter(x -> told.contains(x.number())).toList();
    double times = 1;
    for (Axis x : algorithm.reduction()) {
      times *= told.contains(x.number()) ? 1 : x.extent();
    }
    double work = 1;
    for (List<Axis> axes : List.of(apart, folded)) {
      for (Axis x : axes) {
        work *= x.extent();
      }
    }
    int rank = space.size();
    if (work > MOST) {
      int most = operands.stream().mapToInt(Levels::highest).max().orElse(0);
      return Levels.uniform(rank, most, Double.NaN);
    }
    int[] shape = new int[rank];
    int n = 1;
    for (int d = 0; d < rank; d++) {
      shape[d] = told.contains(space.get(d).number()) ? space.get(d).extent() : 1;
      n *= shape[d];
    }
    Levels result = new Levels(shape, new int[n], new double[n]);
    for (int i = 0; i < n; i++) {
      result.known()[i] = reduced(folded, times);
      result.levels()[i] = Double.isNaN(result.known()[i]) ? level : 0;
      advance(apart);
    }
    return result.compact();
  }

  /** Collects the axes on which the value may differ. */
  private void axes(Scalar s, TreeSet<Integer> into) {
    switch (s) {
      case Scalar.AxisIndex a -> into.add(a.axis().number());
      case Scalar.Load l -> {
        l.guard().ifPresent(g -> axes(g, into));
        int[] e = operands.get(l.operand()).extents();
        for (int d = 0; d < e.length; d++) {
          if (e[d] > 1) {
            axes(l.index().get(d), into);
          }
        }
        for (Scalar index : l.index()) {
          if (!isPosition(index)) {
            axes(index, into);
          }
        }
      }
      case Scalar.Uniform u -> u.key().forEach(k -> axes(k, into));
      default -> s.children().forEach(c -> axes(c, into));
    }
  }

  /** Returns true if an index has no data in it. */
  private static boolean isPosition(Scalar index) {
    return !(index instanceof Scalar.Load)
        && index.children().stream().allMatch(LevelEvaluation::isPosition);
  }

  private boolean advance(List<Axis> axes) {
    for (int d = axes.size() - 1; d >= 0; d--) {
      Axis x = axes.get(d);
      if (++position[x.number()] < x.extent()) {
        return true;
      }
      position[x.number()] = 0;
    }
    return false;
  }

  private double reduced(List<Axis> folded, double times) {
    Reducer r = algorithm.reducer();
    if (r == Reducer.NONE) {
      return value(algorithm.value());
    }
    double lost = lost(r);
    double all = r == Reducer.SUM ? 0 : lost;
    boolean known = true;
    int most = 0;
    do {
      double v = value(algorithm.value());
      if (Double.isNaN(v)) {
        known = false;
        most = Math.max(most, level);
      } else if (v != lost) {
        all =
            switch (r) {
              case SUM -> all + v * times;
              case MAX -> Math.max(all, v);
              case MIN -> Math.min(all, v);
              case ARGMAX, ARGMIN, NONE -> Double.NaN;
            };
      }
    } while (advance(folded));
    level = most;
    return known ? all : Double.NaN;
  }

  /** The number that does not count among others. */
  private static double lost(Reducer r) {
    return switch (r) {
      case SUM, NONE -> 0;
      case MAX, ARGMAX -> Double.NEGATIVE_INFINITY;
      case MIN, ARGMIN -> Double.POSITIVE_INFINITY;
    };
  }

  /** The number, NaN if it is not known; its level is in {@link #level}. */
  private double value(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> known(l.value());
      case Scalar.AxisIndex a -> known(position[a.axis().number()]);
      case Scalar.Load l -> load(l);
      case Scalar.Apply a -> apply(a);
      case Scalar.Uniform u -> {
        int most = 0;
        for (Scalar k : u.key()) {
          value(k);
          most = Math.max(most, level);
        }
        yield unknown(most);
      }
      case Scalar.Local l -> throw new IllegalArgumentException("a local outside of a kernel");
    };
  }

  private double known(double v) {
    level = 0;
    return v;
  }

  private double unknown(int of) {
    level = of;
    return Double.NaN;
  }

  private double load(Scalar.Load l) {
    int reach = 0;
    boolean sure = true;
    if (l.guard().isPresent()) {
      double inside = value(l.guard().get());
      if (inside == 0) {
        return known(l.otherwise());
      }
      sure = !Double.isNaN(inside);
      reach = level;
    }
    Levels x = operands.get(l.operand());
    int[] index = new int[x.extents().length];
    List<Integer> open = List.of();
    for (int d = 0; d < index.length; d++) {
      Scalar at = l.index().get(d);
      if (x.extents()[d] == 1 && isPosition(at)) {
        continue;
      }
      double i = value(at);
      reach = Math.max(reach, level);
      if (i >= 0 && i < x.extents()[d]) {
        index[d] = (int) i;
      } else {
        open = new ArrayList<>(open);
        open.add(d);
      }
    }
    double v = open.isEmpty() ? element(x, index) : anyOf(x, index, open, 0);
    level = Math.max(level, reach);
    return sure && reach == 0 ? v : Double.NaN;
  }

  private double element(Levels x, int[] index) {
    int at = x.at(index);
    level = x.levels()[at];
    return x.known()[at];
  }

  /** Any element along some axes: as far as the furthest reaches. */
  private double anyOf(Levels x, int[] index, List<Integer> open, int from) {
    if (from == open.size()) {
      element(x, index);
      return Double.NaN;
    }
    int most = 0;
    int axis = open.get(from);
    for (int i = 0; i < x.extents()[axis]; i++) {
      index[axis] = i;
      anyOf(x, index, open, from + 1);
      most = Math.max(most, level);
    }
    return unknown(most);
  }

  private double apply(Scalar.Apply a) {
    List<Scalar> of = a.operands();
    double x = value(of.get(0));
    int reach = level;
    if (a.function() == Function.SELECT) {
      if (!Double.isNaN(x)) {
        return value(of.get(x != 0 ? 1 : 2));
      }
      double y = value(of.get(1));
      reach = Math.max(reach, level);
      double z = value(of.get(2));
      reach = Math.max(reach, level);
      return y == z ? known(y) : unknown(reach);
    }
    if (of.size() == 1) {
      return Double.isNaN(x) ? unknown(reach) : number(a, x);
    }
    double y = value(of.get(1));
    int other = level;
    if (!Double.isNaN(x) && !Double.isNaN(y)) {
      return number(a, x, y);
    }
    boolean real = of.get(0).dtype().isFloat();
    return switch (a.function()) {
      case MUL -> x == 0 || y == 0 ? known(0) : unknown(Math.max(reach, other));
      case DIV -> x == 0 && real ? known(0) : unknown(Math.max(reach, other));
      case AND -> x == 0 || y == 0 ? known(0) : unknown(Math.max(reach, other));
      case OR -> isTrue(x) || isTrue(y) ? known(1) : unknown(Math.max(reach, other));
      case ADD ->
          real && (isFar(x) || isFar(y)) ? known(FURTHEST) : unknown(Math.max(reach, other));
      case SUB ->
          real && (isFar(x) || isFar(-y)) ? known(FURTHEST) : unknown(Math.max(reach, other));
      case MAX ->
          isFar(x) ? unknown(other) : isFar(y) ? unknown(reach) : unknown(Math.max(reach, other));
      default -> unknown(Math.max(reach, other));
    };
  }

  private static boolean isTrue(double x) {
    return !Double.isNaN(x) && x != 0;
  }

  /** A number that, added to any other, leaves what its exponential does not see. */
  private static boolean isFar(double x) {
    return x <= -FAR;
  }

  private double number(Scalar.Apply a, double... x) {
    return known(FunctionValue.of(a, x)); // NaN is as good as not known, and depends on nothing
  }
}
