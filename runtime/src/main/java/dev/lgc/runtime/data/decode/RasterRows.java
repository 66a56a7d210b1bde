package dev.lgc.runtime.data.decode;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * Takes the samples of an image as they are. Java's own conversions treat grey as linear light and
 * apply colour profiles, which changes the pixels; what is wanted is what the file says.
 */
final class RasterRows {
  private RasterRows() {}

  /** Sends an opaque image of grey, a palette or red, green and blue. */
  static void send(BufferedImage image, PixelSink sink) throws ImageException {
    int width = image.getWidth();
    Raster raster = image.getRaster();
    ColorModel model = image.getColorModel();
    int bands = raster.getNumBands();
    int[] colors = null;
    if (model instanceof IndexColorModel palette) {
      colors = new int[palette.getMapSize()];
      palette.getRGBs(colors);
    }
    int bits = model.getComponentSize(0);
    if (colors == null && bands != 1 && bands != 3) {
      throw ImageException.unsupported("an image of " + bands + " samples a pixel");
    }
    sink.begin(width, image.getHeight());
    int[] row = new int[width * bands];
    byte[] rgb = new byte[3 * width];
    for (int y = 0; y < image.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        if (colors != null) {
          Samples.put(rgb, 3 * x, row[x] < colors.length ? colors[row[x]] : 0);
          continue;
        }
        for (int c = 0; c < 3; c++) {
          int v = row[x * bands + (bands == 1 ? 0 : c)];
          rgb[3 * x + c] = (byte) Samples.unsigned(v, bits);
        }
      }
      sink.row(rgb);
    }
  }
}
