package dev.lgc.runtime.model;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.rewrite.NarrowWeights;
import dev.lgc.dsl.type.Shape;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Weights of a file as a plan with {@link NarrowWeights} wants them. The numbers are those that its
 * step {@code init} would store.
 */
final class Narrowing {
  private Narrowing() {}

  /** Rounds to bfloat16. */
  static void toBf16(TensorEntry from, MemorySegment to) {
    float[] part = new float[1 << 14];
    MemorySegment floats = MemorySegment.ofArray(part);
    for (long at = 0; at < from.elements(); at += part.length) {
      int n = (int) Math.min(part.length, from.elements() - at);
      from.readFloats(at, floats, 0, n);
      for (int i = 0; i < n; i++) {
        to.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, at + i, Rounding.toBf16Bits(part[i]));
      }
    }
  }

  /**
   * Rounds to whole numbers of a scale each.
   *
   * @param scales of the weight's rank, with size 1 in the axes that share a scale; written
   */
  static void toInt8(TensorEntry from, MemorySegment to, Tensor scales) {
    float[] largest = new float[Math.toIntExact(scales.elements())];
    Rows rows = new Rows(from, scales.type().shape());
    rows.each(
        (row, at, scale) -> {
          for (int i = 0; i < row.length; i++) {
            int s = scale + i * rows.step;
            largest[s] = Math.max(largest[s], Math.abs(row[i]));
          }
        });
    float[] per = new float[largest.length];
    for (int s = 0; s < per.length; s++) {
      boolean some = (float) NarrowWeights.SMALLEST < largest[s];
      per[s] = some ? NarrowWeights.LARGEST / largest[s] : 0;
      scales.set(s, largest[s] / NarrowWeights.LARGEST);
    }
    rows.each(
        (row, at, scale) -> {
          for (int i = 0; i < row.length; i++) {
            double whole = Math.floor(row[i] * per[scale + i * rows.step] + 0.5f);
            to.set(ValueLayout.JAVA_BYTE, at + i, (byte) (int) whole);
          }
        });
  }

  /** Walks the innermost axis of a tensor, row by row. */
  private static final class Rows {
    private final TensorEntry from;
    private final int[] dims;
    private final long[] strides;

    /** From an element of a row to the next in the tensor of scales: 0 or 1. */
    final int step;

    Rows(TensorEntry from, Shape scales) {
      this.from = from;
      dims = Arrays.stream(from.shape()).mapToInt(Math::toIntExact).toArray();
      strides = scales.strides().clone();
      for (int i = 0; i < dims.length; i++) {
        strides[i] = scales.dim(i) == 1 ? 0 : strides[i];
      }
      step = (int) strides[dims.length - 1];
    }

    interface Body {
      /**
       * @param row its elements
       * @param at the number of the first in the tensor
       * @param scale the number of the first's scale
       */
      void row(float[] row, long at, int scale);
    }

    void each(Body body) {
      float[] row = new float[dims[dims.length - 1]];
      MemorySegment floats = MemorySegment.ofArray(row);
      for (long at = 0; at < from.elements(); at += row.length) {
        from.readFloats(at, floats, 0, row.length);
        long rest = at / row.length;
        long scale = 0;
        for (int i = dims.length - 2; i >= 0; i--) {
          scale += rest % dims[i] * strides[i];
          rest /= dims[i];
        }
        body.row(row, at, (int) scale);
      }
    }
  }
}
