package dev.lgc.runtime.model;

import dev.lgc.compiler.rewrite.storage.QuantizeWeights;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.runtime.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Stores weights of a file in the type of a plan with {@link QuantizeWeights}: the elements are
 * those that its step {@code init} would store.
 */
final class Quantizer {
  private Quantizer() {}

  /** Stores weights in a type without scales. */
  static void store(WeightType type, LayoutReader from, MemorySegment to) {
    from.each((part, n, at) -> type.store(part, n, to, at));
  }

  /**
   * Stores weights in a type with scales.
   *
   * @param scales of the weight's rank, with size 1 in the axes that share a scale; written
   */
  static void store(WeightType type, LayoutReader from, MemorySegment to, Tensor scales) {
    float[] magnitude = new float[Math.toIntExact(scales.elements())];
    Rows rows = new Rows(from.shape(), scales.type().shape());
    from.each(
        (part, n, at) ->
            rows.each(
                n,
                at,
                (first, scale) -> {
                  for (int i = 0, s = scale; i < rows.length; i++, s += rows.step) {
                    magnitude[s] = Math.max(magnitude[s], Math.abs(part[first + i]));
                  }
                }));
    float[] per = new float[magnitude.length];
    for (int s = 0; s < per.length; s++) {
      per[s] = type.reciprocal(magnitude[s]);
      scales.set(s, type.scale(magnitude[s]));
    }
    from.each(
        (part, n, at) -> {
          rows.each(
              n,
              at,
              (first, scale) -> {
                for (int i = 0, s = scale; i < rows.length; i++, s += rows.step) {
                  part[first + i] *= per[s];
                }
              });
          type.store(part, n, to, at);
        });
  }

  /** The rows of a tensor as it is stored: stretches of its innermost axis. */
  private static final class Rows {
    private final List<Integer> dims;
    private final long[] strides;

    /** Elements of a row. */
    final int length;

    /** From an element of a row to the next in the tensor of scales: 0 or 1. */
    final int step;

    Rows(Shape stored, Shape scales) {
      dims = stored.dims();
      strides = scales.strides().clone();
      for (int i = 0; i < strides.length; i++) {
        strides[i] = scales.dim(i) == 1 ? 0 : strides[i];
      }
      length = dims.getLast();
      step = (int) strides[strides.length - 1];
    }

    interface Body {
      /**
       * @param first where the row's elements begin in the part
       * @param scale the number of the first's scale
       */
      void row(int first, int scale);
    }

    /**
     * The rows of a part.
     *
     * @param n its elements
     * @param at the number of the first
     */
    void each(int n, long at, Body body) {
      for (int first = 0; first < n; first += length) {
        body.row(first, scale((at + first) / length));
      }
    }

    /** The number of the scale of a row's first element. */
    private int scale(long row) {
      long rest = row;
      long scale = 0;
      for (int i = dims.size() - 2; i >= 0; i--) {
        scale += rest % dims.get(i) * strides[i];
        rest /= dims.get(i);
      }
      return (int) scale;
    }
  }
}
