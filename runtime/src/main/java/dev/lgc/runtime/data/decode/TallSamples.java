package dev.lgc.runtime.data.decode;

/**
 * Rows of a JPEG, on their way to a sink, with components of half the rows: the smooth upsampling
 * of libjpeg-turbo, which Java's libjpeg does not have for components that have all the columns. It
 * repeats their rows instead, and that is undone here.
 *
 * <p>A sample is three parts of the row it lies in and one of the nearer neighbour.
 */
final class TallSamples implements PixelSink {
  private static final int COMPONENTS = 3;
  private static final int HALF = 1 << 15;

  private final boolean[] tall = new boolean[COMPONENTS];
  private final boolean luma;
  private final PixelSink sink;

  private int width;
  private int height;
  private int next;
  private byte[] held = new byte[0];
  private byte[] out = new byte[0];

  /**
   * @param tall a bit for each component that has half the rows
   * @param luma whether the components are luma, blue and red difference; otherwise red, green and
   *     blue
   */
  TallSamples(int tall, boolean luma, PixelSink sink) {
    for (int c = 0; c < COMPONENTS; c++) {
      this.tall[c] = (tall >> c & 1) == 1;
    }
    this.luma = luma;
    this.sink = sink;
  }

  @Override
  public void begin(int width, int height) {
    this.width = width;
    this.height = height;
    next = 0;
    held = new byte[COMPONENTS * width];
    out = new byte[COMPONENTS * width];
    sink.begin(width, height);
  }

  @Override
  public void row(byte[] samples) {
    int y = next++;
    if (y % 2 == 0) {
      if (y > 0) {
        send(held, samples, 2);
      }
      send(samples, y > 0 ? held : samples, 1);
      return;
    }
    System.arraycopy(samples, 0, held, 0, held.length);
    if (next == height) {
      send(held, held, 2);
    }
  }

  /**
   * Sends one row.
   *
   * @param neighbour a row with the other samples that count
   * @param bias what rounds: 1 for the upper row of a pair, 2 for the lower
   */
  private void send(byte[] row, byte[] neighbour, int bias) {
    for (int c = 0; c < COMPONENTS; c++) {
      for (int i = c; i < COMPONENTS * width; i += COMPONENTS) {
        int own = row[i] & 0xff;
        out[i] = (byte) (tall[c] ? 3 * own + (neighbour[i] & 0xff) + bias >> 2 : own);
      }
    }
    if (luma) {
      for (int i = 0; i < COMPONENTS * width; i += COMPONENTS) {
        toRgb(i);
      }
    }
    sink.row(out);
  }

  /** One pixel, with the numbers of libjpeg. */
  private void toRgb(int i) {
    int y = out[i] & 0xff;
    int blue = (out[i + 1] & 0xff) - 128;
    int red = (out[i + 2] & 0xff) - 128;
    out[i] = clamp(y + (91881 * red + HALF >> 16));
    out[i + 1] = clamp(y + (-22554 * blue - 46802 * red + HALF >> 16));
    out[i + 2] = clamp(y + (116130 * blue + HALF >> 16));
  }

  private static byte clamp(int v) {
    return (byte) Math.clamp(v, 0, 255);
  }

  @Override
  public void warn(String what) {
    sink.warn(what);
  }
}
