package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;

/** Decodes the TIFFs whose compression is that of another format, by TwelveMonkeys. */
final class TiffFallback {
  private static final int FAX = 2;
  private static final int FAX_3 = 3;
  private static final int FAX_4 = 4;
  private static final int JPEG = 7;
  private static final int YCC = 6;

  private TiffFallback() {}

  static void decode(ByteBuffer in, TiffDirectory d, DecodeLimit limit, PixelSink sink)
      throws ImageException {
    long compression = d.first(TiffDirectory.COMPRESSION, 1);
    long photometric = d.first(TiffDirectory.PHOTOMETRIC, 1);
    boolean fax = compression == FAX || compression == FAX_3 || compression == FAX_4;
    boolean model = photometric <= 3 || photometric == YCC;
    if (!model || !fax && compression != JPEG && !TiffCompression.knows(compression)) {
      throw ImageException.unsupported(
          Text.format(
              "a TIFF of compression %d and colour model %d is not read",
              compression, photometric));
    }
    int width = d.number(TiffDirectory.WIDTH, 0, 1, 1 << 24, "a width");
    int height = d.number(TiffDirectory.HEIGHT, 0, 1, 1 << 24, "a height");
    limit.require(8L * width * height, width, height);
    ImageReader reader = null;
    try (ByteBufferInput input = new ByteBufferInput(new byte[0], in)) {
      for (Iterator<ImageReader> all = ImageIO.getImageReaders(input); all.hasNext(); ) {
        ImageReader r = all.next();
        String name = r.getFormatName().toLowerCase(Locale.ROOT);
        if (name.startsWith("tif") && r.getClass().getName().startsWith("com.twelvemonkeys.")) {
          reader = r;
          break;
        }
      }
      if (reader == null) {
        throw ImageException.damaged("its header is wrong");
      }
      reader.setInput(input, true, true);
      BufferedImage image = read(reader);
      RasterRows.send(image, Turned.of(d, image.getWidth(), image.getHeight(), limit, sink));
    } catch (ImageException e) {
      throw e;
    } catch (IOException e) {
      throw ImageException.damaged(String.valueOf(e.getMessage()), e);
    } finally {
      if (reader != null) {
        reader.dispose();
      }
    }
  }

  private static BufferedImage read(ImageReader reader) throws IOException {
    try {
      return reader.read(0);
    } catch (RuntimeException | StackOverflowError e) {
      // It meets damage with whatever exception lies nearest.
      throw ImageException.damaged(String.valueOf(e.getMessage()), e);
    }
  }
}
