package dev.lgc.compiler.emit.interp;

import dev.lgc.compiler.algorithm.Reducer;

/** The results of some elements, or of one, of the values so far. */
final class Accumulation {
  private final Reducer reducer;
  private final double[] results;

  /** For ARGMAX and ARGMIN: the number of the value that is the result. */
  private final int[] best;

  /** The number of the next value. */
  private int next;

  Accumulation(Reducer reducer, int elements) {
    this.reducer = reducer;
    this.results = new double[elements];
    this.best = new int[elements];
  }

  void begin() {
    next = 0;
  }

  /** Takes the next value of each element. */
  void addToEach(double[] values) {
    if (reducer == Reducer.SUM && next > 0) {
      for (int k = 0; k < results.length; k++) {
        results[k] += values[k];
      }
    } else {
      for (int k = 0; k < results.length; k++) {
        add(k, values[k]);
      }
    }
    next++;
  }

  /** Takes the next values of the only element, in their order. */
  void addInOrder(double[] values) {
    if (reducer == Reducer.SUM && next > 0) {
      double sum = results[0];
      for (double v : values) {
        sum += v;
      }
      results[0] = sum;
    } else {
      for (double v : values) {
        add(0, v);
        next++;
      }
    }
  }

  private void add(int k, double v) {
    double r = results[k];
    if (next == 0) {
      results[k] = v;
      best[k] = 0;
      return;
    }
    switch (reducer) {
      case SUM -> results[k] = r + v;
      case MAX -> results[k] = Math.max(r, v);
      case MIN -> results[k] = Math.min(r, v);
      case ARGMAX -> keep(k, v, v > r);
      case ARGMIN -> keep(k, v, v < r);
      case NONE -> throw new IllegalStateException("two values of one element");
    }
  }

  private void keep(int k, double v, boolean better) {
    if (better) {
      results[k] = v;
      best[k] = next;
    }
  }

  /** The result of an element. */
  double result(int k) {
    return reducer == Reducer.ARGMAX || reducer == Reducer.ARGMIN ? best[k] : results[k];
  }
}
