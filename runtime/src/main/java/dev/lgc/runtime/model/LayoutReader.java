package dev.lgc.runtime.model;

import dev.lgc.compiler.rewrite.storage.TensorLayout;
import dev.lgc.dsl.type.Shape;
import dev.lgc.runtime.io.FloatSource;
import java.lang.foreign.MemorySegment;

/**
 * A file's tensor, read as floats in the layout in which a plan stores it.
 *
 * @param from the tensor, as the model declares it
 * @param layout in the plan's memory
 * @param shape there
 */
record LayoutReader(FloatSource from, TensorLayout layout, Shape shape) {
  /** About so many elements at a time. */
  private static final int PART = 1 << 14;

  /** An action on some elements that follow each other in memory. */
  interface Body {
    /**
     * @param part the elements, in its first {@code n}; it may be changed
     * @param n a multiple of the innermost axis
     * @param at the number of the first
     */
    void part(float[] part, int n, long at);
  }

  /** All elements, part by part. */
  void each(Body body) {
    switch (layout) {
      case ROW_MAJOR -> rows(body);
      case ROW_PANELS -> rowPanels(body);
      case COLUMN_PANELS -> columnPanels(body);
    }
  }

  /** Elements of the longest part. */
  int longest() {
    if (layout != TensorLayout.ROW_MAJOR) {
      return TensorLayout.PANEL * shape.dim(1);
    }
    int row = shape.rank() == 0 ? 1 : shape.dim(-1);
    return Math.max(1, PART / row) * row;
  }

  private void rows(Body body) {
    float[] part = new float[longest()];
    MemorySegment floats = MemorySegment.ofArray(part);
    for (long at = 0; at < from.elements(); at += part.length) {
      int n = (int) Math.min(part.length, from.elements() - at);
      from.readFloats(at, floats, 0, n);
      body.part(part, n, at);
    }
  }

  /** The rows of a panel follow each other in the file: they are read at once, and turned. */
  private void rowPanels(Body body) {
    int depth = shape.dim(1);
    float[] rows = new float[longest()];
    float[] panel = new float[longest()];
    MemorySegment floats = MemorySegment.ofArray(rows);
    for (int p = 0; p < shape.dim(0); p++) {
      from.readFloats((long) p * rows.length, floats, 0, rows.length);
      turn(rows, panel, depth);
      body.part(panel, panel.length, (long) p * panel.length);
    }
  }

  /** Turns [64, depth] into [depth, 64], a line of the cache of each row at a time. */
  private static void turn(float[] rows, float[] panel, int depth) {
    int line = 16;
    for (int from = 0; from < depth; from += line) {
      int to = Math.min(depth, from + line);
      for (int row = 0; row < TensorLayout.PANEL; row++) {
        for (int k = from; k < to; k++) {
          panel[k * TensorLayout.PANEL + row] = rows[row * depth + k];
        }
      }
    }
  }

  /** Each row of a panel is one stretch of a row of the file. */
  private void columnPanels(Body body) {
    int depth = shape.dim(1);
    int width = TensorLayout.PANEL;
    float[] panel = new float[longest()];
    MemorySegment floats = MemorySegment.ofArray(panel);
    long row = (long) shape.dim(0) * width;
    for (int p = 0; p < shape.dim(0); p++) {
      for (int k = 0; k < depth; k++) {
        from.readFloats(k * row + (long) p * width, floats, 4L * k * width, width);
      }
      body.part(panel, panel.length, (long) p * panel.length);
    }
  }
}
