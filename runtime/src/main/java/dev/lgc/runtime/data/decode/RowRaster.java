package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.awt.Point;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;

/**
 * A raster that keeps no pixels: rows that a decoder sets are passed on at once, so that an image
 * of any size takes the memory of one row.
 */
final class RowRaster extends WritableRaster {
  private final PixelSink sink;
  private int next;
  private int preview;

  /**
   * @param previews how many times the image comes at first for nothing
   */
  RowRaster(int width, int height, int previews, PixelSink sink) {
    super(
        // The order of bands is that of Java's decoder; no sample is ever stored.
        new PixelInterleavedSampleModel(
            DataBuffer.TYPE_BYTE, width, height, 3, 3 * width, new int[] {2, 1, 0}),
        new DataBufferByte(3),
        new Point(0, 0));
    this.sink = sink;
    this.preview = previews + 1;
  }

  @Override
  public void setRect(int x, int y, Raster row) {
    if (y == 0) {
      // A progressive image comes once for each scan, and each time better.
      next = 0;
      preview--;
      if (preview <= 0) {
        sink.begin(getWidth(), getHeight());
      }
    }
    if (x != 0 || y != next || row.getWidth() != getWidth() || row.getHeight() != 1) {
      throw new IllegalStateException(Text.format("row %d at %d, %d", y, x, next));
    }
    next++;
    if (preview > 0) {
      return;
    }
    sink.row(((DataBufferByte) row.getDataBuffer()).getData());
  }

  /** The number of rows that were set, the last time. */
  int rows() {
    return preview > 0 ? 0 : next;
  }
}
