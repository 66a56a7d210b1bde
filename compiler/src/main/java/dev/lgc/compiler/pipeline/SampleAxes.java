package dev.lgc.compiler.pipeline;

import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of a value for two sizes of a batch. An axis is counted if its extents differ: samples
 * lie along it, or the same numbers for every sample.
 */
record SampleAxes(Shape small, Shape large) {
  static SampleAxes of(Definition small, Definition large) {
    return new SampleAxes(small.type().shape(), large.type().shape());
  }

  boolean counted(int axis) {
    return small.dim(axis) != large.dim(axis);
  }

  /** The counted axes, from the first. */
  List<Integer> counted() {
    List<Integer> axes = new ArrayList<>();
    for (int a = 0; a < small.rank(); a++) {
      if (counted(a)) {
        axes.add(a);
      }
    }
    return axes;
  }

  /**
   * The use of samples by something that has a value of its own for each sample.
   *
   * @param where its expression
   */
  SampleUse samples(SourcePlace where, int ratio) {
    List<Integer> counted = counted();
    if (counted.isEmpty()) {
      return SampleUse.NONE;
    }
    return counted.size() == 1 && inRatio(counted.getFirst(), ratio)
        ? new SampleUse.Each(counted.getFirst(), 0)
        : new SampleUse.Mixed(where, "this " + SampleRules.COUNTS);
  }

  /** Returns true if an axis has a fixed number of positions per sample. */
  boolean inRatio(int axis, int ratio) {
    return large.dim(axis) == (long) ratio * small.dim(axis);
  }

  /**
   * Returns true if every counted axis of one shape is one of another of as many elements that has
   * as many positions before it: what lies along it keeps its order.
   */
  boolean sameOrder(SampleAxes to, int ratio) {
    List<Integer> from = counted();
    List<Integer> into = to.counted();
    boolean same = from.size() == into.size();
    for (int i = 0; same && i < from.size(); i++) {
      int a = from.get(i);
      int b = into.get(i);
      same = before(small, a) == before(to.small, b) && inRatio(a, ratio) && to.inRatio(b, ratio);
    }
    return same;
  }

  private static long before(Shape s, int axis) {
    long n = 1;
    for (int a = 0; a < axis; a++) {
      n *= s.dim(a);
    }
    return n;
  }

  /**
   * Returns true if an operation that moves elements along some axes leaves those of samples alone.
   *
   * @param to the result's axes
   */
  boolean untouched(SampleAxes to) {
    for (int a = 0; a < small.rank(); a++) {
      boolean either = counted(a) || to.counted(a);
      if (either && (small.dim(a) != to.small.dim(a) || large.dim(a) != to.large.dim(a))) {
        return false;
      }
    }
    return true;
  }
}
