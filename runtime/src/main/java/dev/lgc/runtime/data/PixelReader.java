package dev.lgc.runtime.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * Takes the samples of a decoded image as they are. Java's own conversions treat grey as linear
 * light and apply colour profiles, which changes the pixels; what is wanted is what the file says.
 */
final class PixelReader {
  private PixelReader() {}

  /** Makes {@code into} the image on white. */
  static void copy(BufferedImage image, Picture into) {
    into.resize(image.getWidth(), image.getHeight());
    ColorModel model = image.getColorModel();
    int kind = model.getColorSpace().getType();
    boolean whole = model.getTransferType() <= DataBuffer.TYPE_INT;
    if (model instanceof IndexColorModel palette) {
      copyPalette(image.getRaster(), palette, into);
    } else if (whole && (kind == ColorSpace.TYPE_RGB || kind == ColorSpace.TYPE_GRAY)) {
      copySamples(image.getRaster(), model, into);
    } else {
      copyConverted(image, into);
    }
  }

  private static void copyPalette(Raster raster, IndexColorModel palette, Picture into) {
    int[] colors = new int[palette.getMapSize()];
    palette.getRGBs(colors);
    int[] row = new int[into.width()];
    for (int y = 0; y < into.height(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, row.length, 1, 0, row);
      for (int x = 0; x < row.length; x++) {
        // Indices past the end of a damaged palette are black, as in libpng.
        setArgb(into, x, y, row[x] < colors.length ? colors[row[x]] : 0xff000000);
      }
    }
  }

  private static void copySamples(Raster raster, ColorModel model, Picture into) {
    int bands = raster.getNumBands();
    int colors = model.getNumColorComponents();
    int[] bits = model.getComponentSize();
    boolean alpha = model.hasAlpha() && bands > colors;
    boolean premultiplied = model.isAlphaPremultiplied();
    int[] row = new int[into.width() * bands];
    int[] c = new int[4];
    for (int y = 0; y < into.height(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, into.width(), 1, row);
      for (int x = 0; x < into.width(); x++) {
        for (int k = 0; k < 3; k++) {
          int band = colors >= 3 ? k : 0;
          c[k] = eight(row[x * bands + band], bits[band]);
        }
        c[3] = alpha ? eight(row[x * bands + colors], bits[colors]) : 255;
        setOnWhite(into, x, y, c, premultiplied && alpha);
      }
    }
  }

  private static void copyConverted(BufferedImage image, Picture into) {
    int[] row = new int[into.width()];
    for (int y = 0; y < into.height(); y++) {
      image.getRGB(0, y, row.length, 1, row, 0, row.length);
      for (int x = 0; x < row.length; x++) {
        setArgb(into, x, y, row[x]);
      }
    }
  }

  private static int eight(int sample, int bits) {
    if (bits == 8) {
      return sample;
    }
    return bits > 8 ? sample >>> (bits - 8) & 0xff : sample * 255 / ((1 << bits) - 1);
  }

  private static void setArgb(Picture into, int x, int y, int argb) {
    int a = argb >>> 24;
    into.set(
        x,
        y,
        onWhite(argb >> 16 & 0xff, a, false),
        onWhite(argb >> 8 & 0xff, a, false),
        onWhite(argb & 0xff, a, false));
  }

  private static void setOnWhite(Picture into, int x, int y, int[] c, boolean premultiplied) {
    into.set(
        x,
        y,
        onWhite(c[0], c[3], premultiplied),
        onWhite(c[1], c[3], premultiplied),
        onWhite(c[2], c[3], premultiplied));
  }

  private static int onWhite(int color, int alpha, boolean premultiplied) {
    if (alpha == 255) {
      return color;
    }
    int part = premultiplied ? color * 255 : color * alpha;
    return Math.min(255, (part + 255 * (255 - alpha) + 127) / 255);
  }
}
