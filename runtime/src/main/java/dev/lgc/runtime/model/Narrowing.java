package dev.lgc.runtime.model;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.rewrite.NarrowWeights;
import dev.lgc.dsl.type.Shape;
import dev.lgc.runtime.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Weights of a file as a plan with {@link NarrowWeights} wants them. The numbers are those that its
 * step {@code init} would store.
 */
final class Narrowing {
  private Narrowing() {}

  /** Rounds to bfloat16. */
  static void toBf16(HeldElements from, MemorySegment to) {
    short[] rounded = new short[from.longest()];
    from.each(
        (part, n, at) -> {
          for (int i = 0; i < n; i++) {
            rounded[i] = Rounding.toBf16Bits(part[i]);
          }
          MemorySegment.copy(rounded, 0, to, ValueLayout.JAVA_SHORT_UNALIGNED, 2 * at, n);
        });
  }

  /**
   * Rounds to whole numbers of a scale each.
   *
   * @param scales of the weight's rank, with size 1 in the axes that share a scale; written
   */
  static void toInt8(HeldElements from, MemorySegment to, Tensor scales) {
    float[] largest = new float[Math.toIntExact(scales.elements())];
    Rows rows = new Rows(from.held(), scales.type().shape());
    from.each(
        (part, n, at) ->
            rows.each(
                n,
                at,
                (first, scale) -> {
                  for (int i = 0, s = scale; i < rows.length; i++, s += rows.step) {
                    largest[s] = Math.max(largest[s], Math.abs(part[first + i]));
                  }
                }));
    float[] per = new float[largest.length];
    for (int s = 0; s < per.length; s++) {
      boolean some = (float) NarrowWeights.SMALLEST < largest[s];
      per[s] = some ? NarrowWeights.LARGEST / largest[s] : 0;
      scales.set(s, largest[s] / NarrowWeights.LARGEST);
    }
    byte[] whole = new byte[from.longest()];
    from.each(
        (part, n, at) -> {
          rows.each(
              n,
              at,
              (first, scale) -> {
                for (int i = 0, s = scale; i < rows.length; i++, s += rows.step) {
                  whole[first + i] = (byte) floor(part[first + i] * per[s] + 0.5f);
                }
              });
          MemorySegment.copy(whole, 0, to, ValueLayout.JAVA_BYTE, at, n);
        });
  }

  /** As {@link Math#floor}, which is slow until it is compiled by the optimising compiler. */
  private static int floor(float x) {
    int towardsZero = (int) x;
    return towardsZero > x ? towardsZero - 1 : towardsZero;
  }

  /** The rows of a tensor as it is held: stretches of its innermost axis. */
  private static final class Rows {
    private final List<Integer> dims;
    private final long[] strides;

    /** Elements of a row. */
    final int length;

    /** From an element of a row to the next in the tensor of scales: 0 or 1. */
    final int step;

    Rows(Shape held, Shape scales) {
      dims = held.dims();
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
