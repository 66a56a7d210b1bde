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
    from.each(
        (part, n, at) -> {
          for (int i = 0; i < n; i++) {
            to.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, at + i, Rounding.toBf16Bits(part[i]));
          }
        });
  }

  /**
   * Rounds to whole numbers of a scale each.
   *
   * @param scales of the weight's rank, with size 1 in the axes that share a scale; written
   */
  static void toInt8(HeldElements from, MemorySegment to, Tensor scales) {
    float[] largest = new float[Math.toIntExact(scales.elements())];
    Rows rows = new Rows(from, scales.type().shape());
    rows.each(
        (part, first, at, scale) -> {
          for (int i = 0; i < rows.length; i++) {
            int s = scale + i * rows.step;
            largest[s] = Math.max(largest[s], Math.abs(part[first + i]));
          }
        });
    float[] per = new float[largest.length];
    for (int s = 0; s < per.length; s++) {
      boolean some = (float) NarrowWeights.SMALLEST < largest[s];
      per[s] = some ? NarrowWeights.LARGEST / largest[s] : 0;
      scales.set(s, largest[s] / NarrowWeights.LARGEST);
    }
    rows.each(
        (part, first, at, scale) -> {
          for (int i = 0; i < rows.length; i++) {
            double whole = Math.floor(part[first + i] * per[scale + i * rows.step] + 0.5f);
            to.set(ValueLayout.JAVA_BYTE, at + i, (byte) (int) whole);
          }
        });
  }

  /** Walks the innermost axis of a tensor as it is held, row by row. */
  private static final class Rows {
    private final HeldElements from;
    private final List<Integer> dims;
    private final long[] strides;

    /** Elements of a row. */
    final int length;

    /** From an element of a row to the next in the tensor of scales: 0 or 1. */
    final int step;

    Rows(HeldElements from, Shape scales) {
      this.from = from;
      dims = from.held().dims();
      strides = scales.strides().clone();
      for (int i = 0; i < strides.length; i++) {
        strides[i] = scales.dim(i) == 1 ? 0 : strides[i];
      }
      length = dims.getLast();
      step = (int) strides[strides.length - 1];
    }

    interface Body {
      /**
       * @param part has the row's elements
       * @param first where they begin in it
       * @param at the number of the first in the tensor
       * @param scale the number of the first's scale
       */
      void row(float[] part, int first, long at, int scale);
    }

    void each(Body body) {
      from.each(
          (part, n, at) -> {
            for (int first = 0; first < n; first += length) {
              body.row(part, first, at + first, scale((at + first) / length));
            }
          });
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
