package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Decodes the first picture of a TIFF: grey, colours, palettes and inks, of whole numbers with and
 * without sign and of floating point, in strips or tiles, together or in planes.
 *
 * <p>Signed samples are taken from their own smallest number up; floating-point samples have to lie
 * in 0 to 1. Other compressions and colour models are left to {@link TiffFallback}.
 */
final class TiffDecoder {
  private static final int WHITE_IS_ZERO = 0;
  private static final int GREY = 1;
  private static final int RGB = 2;
  private static final int PALETTE = 3;
  private static final int INKS = 5;

  private final TiffDirectory d;
  private final DecodeLimit limit;
  private final int width;
  private final int height;
  private final int samples;
  private final int photometric;
  private final TiffSamples reader;
  private final int colors;

  /** The use of a sample after the colours: 0 not, 1 colours are multiplied by it, 2 alpha. */
  private final int alpha;

  private TiffDecoder(TiffDirectory d, DecodeLimit limit) throws ImageException {
    this.d = d;
    this.limit = limit;
    this.width = d.number(TiffDirectory.WIDTH, 0, 1, 1 << 24, "a width");
    this.height = d.number(TiffDirectory.HEIGHT, 0, 1, 1 << 24, "a height");
    this.samples = d.number(TiffDirectory.SAMPLES, 1, 1, 64, "samples a pixel");
    this.photometric = (int) d.first(TiffDirectory.PHOTOMETRIC, GREY);
    this.colors = photometric == RGB ? 3 : photometric == INKS ? 4 : 1;
    if (samples < colors) {
      throw ImageException.damaged(Text.format("%d samples for %d colours", samples, colors));
    }
    this.reader = new TiffSamples(d);
    // Four samples without a word about the fourth are taken for alpha, as libtiff does.
    long extra = d.first(TiffDirectory.EXTRA_SAMPLES, photometric == INKS ? 0 : 2);
    this.alpha =
        samples > colors && photometric != PALETTE && photometric != INKS ? (int) extra : 0;
  }

  /** Decodes {@code in} into {@code sink}. */
  static void decode(ByteBuffer in, DecodeLimit limit, PixelSink sink) throws ImageException {
    try {
      TiffDirectory d = TiffDirectory.read(in);
      long photometric = d.first(TiffDirectory.PHOTOMETRIC, GREY);
      boolean known = photometric >= WHITE_IS_ZERO && photometric <= PALETTE || photometric == INKS;
      if (!known || !TiffCompression.knows(d.first(TiffDirectory.COMPRESSION, 1))) {
        TiffFallback.decode(in, d, limit, sink);
        return;
      }
      TiffDecoder decoder = new TiffDecoder(d, limit);
      PixelSink turned = Turned.of(d, decoder.width, decoder.height, limit, sink);
      decoder.rows(turned);
    } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
      throw ImageException.damaged("it ends too early", e);
    }
  }

  private void rows(PixelSink sink) throws ImageException {
    int bits = reader.bits();
    TiffBands bands = new TiffBands(d, width, height, samples, bits, limit);
    sink.begin(width, height);
    int[] palette = photometric == PALETTE ? palette(bits) : null;
    byte[] rgb = new byte[3 * width];
    for (int y = 0; y < height; y++) {
      if (y % bands.rows == 0) {
        reader.of(bands.read(y / bands.rows), bands.stride, samples);
      }
      int row = y % bands.rows;
      switch (photometric) {
        case PALETTE -> {
          for (int x = 0; x < width; x++) {
            Samples.put(rgb, 3 * x, palette[reader.raw(row, x)]);
          }
        }
        case INKS -> inks(row, rgb);
        default -> colors(row, rgb);
      }
      sink.row(rgb);
    }
  }

  private int[] palette(int bits) throws ImageException {
    if (bits > 16 || d.count(TiffDirectory.COLOR_MAP) < 3 << bits) {
      throw ImageException.damaged("its palette is too small");
    }
    int n = 1 << bits;
    int[] palette = new int[n];
    for (int i = 0; i < n; i++) {
      palette[i] = color(i) << 16 | color(n + i) << 8 | color(2 * n + i);
    }
    return palette;
  }

  private int color(int i) {
    return (int) d.at(TiffDirectory.COLOR_MAP, i) >> 8 & 0xff;
  }

  private void inks(int row, byte[] rgb) throws ImageException {
    if (d.first(TiffDirectory.INK_SET, 1) != 1) {
      throw ImageException.unsupported("inks other than cyan, magenta, yellow and black");
    }
    for (int x = 0; x < width; x++) {
      int black = reader.eight(row, x, 3);
      for (int c = 0; c < 3; c++) {
        rgb[3 * x + c] = Inks.lit(reader.eight(row, x, c), black);
      }
    }
  }

  private void colors(int row, byte[] rgb) throws ImageException {
    boolean inverted = photometric == WHITE_IS_ZERO;
    for (int x = 0; x < width; x++) {
      int a = alpha == 0 ? 255 : reader.eight(row, x, colors);
      for (int c = 0; c < 3; c++) {
        if (c > 0 && colors == 1) {
          rgb[3 * x + c] = rgb[3 * x];
          continue;
        }
        int v = reader.eight(row, x, c);
        v = inverted ? 255 - v : v;
        // With associated alpha the colour is what is to be added already.
        rgb[3 * x + c] = alpha == 1 ? (byte) Math.min(255, v + 255 - a) : Composer.onWhite(v, a);
      }
    }
  }
}
