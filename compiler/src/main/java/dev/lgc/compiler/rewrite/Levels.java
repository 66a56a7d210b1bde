package dev.lgc.compiler.rewrite;

import java.util.Arrays;

/**
 * The levels of a value's elements, known before anything is drawn: the number of codes that have
 * to be drawn before an element is what it will be, and its number where that depends on nothing
 * that is given or trained. An axis along which all elements are alike has one position here.
 *
 * @param extents of each axis: the value's own, or 1
 * @param levels row-major: 1 more than the last code that reaches the element, 0 where none does
 * @param known row-major: the element's number, NaN where it is not known
 */
record Levels(int[] extents, int[] levels, double[] known) {
  /** A value whose elements are alike. */
  static Levels uniform(int rank, int level, double known) {
    int[] extents = new int[rank];
    Arrays.fill(extents, 1);
    return new Levels(extents, new int[] {level}, new double[] {known});
  }

  /** The position of an element of the value; positions on axes that are alike do not matter. */
  int at(int[] index) {
    int linear = 0;
    for (int d = 0; d < extents.length; d++) {
      linear = linear * extents[d] + (extents[d] == 1 ? 0 : index[d]);
    }
    return linear;
  }

  /** The highest level of any element. */
  int highest() {
    int most = 0;
    for (int l : levels) {
      most = Math.max(most, l);
    }
    return most;
  }

  /** The same with one position on every axis along which all elements are alike. */
  Levels compact() {
    Levels x = this;
    for (int axis = 0; axis < extents.length; axis++) {
      if (x.extents[axis] > 1 && x.isAlike(axis)) {
        x = x.first(axis);
      }
    }
    return x;
  }

  private int inner(int axis) {
    int n = 1;
    for (int d = axis + 1; d < extents.length; d++) {
      n *= extents[d];
    }
    return n;
  }

  private boolean isAlike(int axis) {
    int inner = inner(axis);
    int period = inner * extents[axis];
    for (int i = 0; i < levels.length; i++) {
      int first = i - i % period + i % inner;
      if (levels[i] != levels[first] || Double.compare(known[i], known[first]) != 0) {
        return false;
      }
    }
    return true;
  }

  private Levels first(int axis) {
    int inner = inner(axis);
    int extent = extents[axis];
    int n = levels.length / extent;
    int[] l = new int[n];
    double[] k = new double[n];
    for (int i = 0; i < n; i++) {
      int from = i / inner * inner * extent + i % inner;
      l[i] = levels[from];
      k[i] = known[from];
    }
    int[] e = extents.clone();
    e[axis] = 1;
    return new Levels(e, l, k);
  }
}
