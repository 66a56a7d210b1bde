package dev.lgc.runtime.data;

import dev.lgc.runtime.data.decode.PixelSink;

/**
 * Halves an image with a box filter as its rows come, to the bit as {@link Crops} halves a picture,
 * so that it never has to be in memory whole.
 */
final class Halving implements PixelSink {
  private final PixelSink next;
  private Resampler.Taps across;
  private Resampler.Taps down;
  private int width;
  private int height;
  private byte[][] rows = {};
  private byte[] out = {};
  private int read;
  private int made;

  Halving(PixelSink next) {
    this.next = next;
  }

  @Override
  public void begin(int width, int height) {
    this.width = width / 2;
    this.height = height / 2;
    this.across = Resampler.taps(width, this.width, Resampler.Filter.BOX);
    this.down = Resampler.taps(height, this.height, Resampler.Filter.BOX);
    this.rows = new byte[down.width()][3 * this.width];
    this.out = new byte[3 * this.width];
    this.read = 0;
    this.made = 0;
    next.begin(this.width, this.height);
  }

  @Override
  public void row(byte[] rgb) {
    Resampler.across(rgb, 0, across, width, rows[read % rows.length], 0);
    read++;
    while (made < height && down.first()[made] + down.count()[made] <= read) {
      int first = down.first()[made];
      int count = down.count()[made];
      for (int i = 0; i < out.length; i++) {
        int sum = Resampler.HALF;
        for (int k = 0; k < count; k++) {
          byte sample = rows[(first + k) % rows.length][i];
          sum += (sample & 0xff) * down.weights()[made * down.width() + k];
        }
        out[i] = Resampler.clip(sum);
      }
      next.row(out);
      made++;
    }
  }
}
