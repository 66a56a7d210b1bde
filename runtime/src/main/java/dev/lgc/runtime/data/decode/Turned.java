package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;

/** Turns a picture whose first row and column are not at the top and left before it goes on. */
final class Turned implements PixelSink {
  private final PixelSink sink;
  private final int orientation;
  private byte[] all;
  private int width;
  private int height;
  private int rows;

  private Turned(PixelSink sink, int orientation) {
    this.sink = sink;
    this.orientation = orientation;
  }

  /** A sink for a picture of this size that has the orientation of {@code d}. */
  static PixelSink of(TiffDirectory d, int width, int height, DecodeLimit limit, PixelSink sink)
      throws ImageException {
    long orientation = d.first(TiffDirectory.ORIENTATION, 1);
    if (orientation < 2 || orientation > 8) {
      return sink; // Unknown ones are the usual one.
    }
    if (3L * width * height > Integer.MAX_VALUE - 16) {
      throw ImageException.unsupported(Text.format("%d by %d turned pixels", width, height));
    }
    limit.require(3L * width * height, width, height);
    return new Turned(sink, (int) orientation);
  }

  @Override
  public void begin(int width, int height) {
    this.width = width;
    this.height = height;
    this.rows = 0;
    this.all = new byte[3 * width * height];
    boolean upright = orientation <= 4;
    sink.begin(upright ? width : height, upright ? height : width);
  }

  @Override
  public void row(byte[] rgb) {
    System.arraycopy(rgb, 0, all, 3 * width * rows, 3 * width);
    if (++rows == height) {
      send();
    }
  }

  private void send() {
    boolean upright = orientation <= 4;
    int w = upright ? width : height;
    int h = upright ? height : width;
    byte[] row = new byte[3 * w];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int a = upright ? x : y;
        int b = upright ? y : x;
        boolean flipColumn =
            switch (orientation) {
              case 2, 3, 7, 8 -> true;
              default -> false;
            };
        boolean flipRow =
            switch (orientation) {
              case 3, 4, 6, 7 -> true;
              default -> false;
            };
        int column = flipColumn ? width - 1 - a : a;
        int line = flipRow ? height - 1 - b : b;
        System.arraycopy(all, 3 * (line * width + column), row, 3 * x, 3);
      }
      sink.row(row);
    }
  }
}
