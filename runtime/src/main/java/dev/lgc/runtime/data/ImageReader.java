package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.decode.Decoder;
import dev.lgc.runtime.data.decode.ImageException;
import dev.lgc.runtime.data.decode.Memory;
import dev.lgc.runtime.data.decode.PixelSink;
import dev.lgc.runtime.io.BadInputException;
import java.awt.image.BufferedImage;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.ImageInputStream;

/**
 * Reads one image file of any common format as 8-bit RGB: PNG, JPEG, BMP, GIF (its first frame),
 * WEBP, TIFF.
 *
 * <p>Transparency is laid on white; grey becomes equal red, green and blue; deeper samples keep
 * their high 8 bits; colour profiles and camera orientation are ignored, as the reference ignores
 * them. Files that are truncated, damaged or too large are refused rather than half read.
 */
public final class ImageReader {
  private static final int LONGEST_SIDE = 65_500;
  private static final long MOST_BYTES = 512L << 20;
  private static final Set<String> FORMATS =
      Set.of("png", "jpeg", "jpg", "bmp", "gif", "tif", "tiff");

  static {
    ImageIO.setUseCache(false);
  }

  private ImageReader() {}

  /**
   * Reads {@code file} into {@code into}.
   *
   * @throws BadInputException if it is missing, not an image, damaged, or larger than memory allows
   */
  public static void read(Path file, Picture into) {
    byte[] bytes;
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw BadInputException.in(file, "too large for an image", MOST_BYTES + " bytes", "");
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new BadInputException(file + ": no such file", "", "", e);
    } catch (IOException e) {
      throw new BadInputException(file + ": cannot be read: " + e.getMessage(), "", "", e);
    }
    read(file.toString(), bytes, into);
  }

  /**
   * Decodes {@code bytes} into {@code into}.
   *
   * @param name what messages call the image
   * @throws BadInputException if it is not an image, damaged, or larger than memory allows
   */
  public static void read(String name, byte[] bytes, Picture into) {
    PngCheck.check(name, bytes);
    try {
      if (Decoder.decode(ByteBuffer.wrap(bytes), Memory.ofHeap(), new Filler(into))) {
        return;
      }
    } catch (ImageException e) {
      throw e.damaged()
          ? damaged(name, e.getMessage(), e)
          : new BadInputException(name + ": " + e.getMessage(), "", "convert or remove it", e);
    } catch (OutOfMemoryError e) {
      throw new BadInputException(
          name + ": does not fit in memory", "", "reduce the image or raise -Xmx", e);
    }
    try (ImageInputStream in = new BoundedInput(bytes)) {
      PixelReader.copy(decode(name, in), into);
    } catch (BadInputException e) {
      throw e;
    } catch (OutOfMemoryError e) {
      throw new BadInputException(
          name + ": does not fit in memory", "", "reduce the image or raise -Xmx", e);
    } catch (EOFException e) {
      throw damaged(name, "it ends too early", e);
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // Decoders meet damage with whatever exception lies nearest.
      String how = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw damaged(name, how, e);
    }
  }

  private static BufferedImage decode(String name, ImageInputStream in) throws IOException {
    javax.imageio.ImageReader reader = reader(name, in);
    try {
      reader.setInput(in, true, true);
      int w = reader.getWidth(0);
      int h = reader.getHeight(0);
      if (w < 1 || h < 1 || w > LONGEST_SIDE || h > LONGEST_SIDE || (long) w * h > mostPixels()) {
        throw new BadInputException(
            Text.format("%s: %d by %d pixels", name, w, h),
            Text.format("at most %d a side and %d in all", LONGEST_SIDE, mostPixels()),
            "reduce the image");
      }
      String[] truncated = new String[1];
      reader.addIIOReadWarningListener(
          (IIOReadWarningListener)
              (source, warning) -> {
                if (warning != null && warning.toLowerCase(Locale.ROOT).contains("premature end")) {
                  truncated[0] = warning;
                }
              });
      BufferedImage image = reader.read(0);
      if (truncated[0] != null) {
        throw damaged(name, truncated[0], null);
      }
      return image;
    } finally {
      reader.dispose();
    }
  }

  private static javax.imageio.ImageReader reader(String name, ImageInputStream in)
      throws IOException {
    for (Iterator<javax.imageio.ImageReader> all = ImageIO.getImageReaders(in); all.hasNext(); ) {
      javax.imageio.ImageReader reader = all.next();
      if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
        return reader;
      }
    }
    throw new BadInputException(
        name + ": not an image", "PNG, JPEG, BMP, GIF, WEBP or TIFF", "remove the file");
  }

  /** 4 bytes a pixel decoded and up to 8 while decoding, in a quarter of the heap. */
  private static long mostPixels() {
    return Math.min(200_000_000L, Runtime.getRuntime().maxMemory() / 4 / 12);
  }

  /** Fills a picture with the rows of an image. */
  private static final class Filler implements PixelSink {
    private final Picture into;
    private int filled;

    Filler(Picture into) {
      this.into = into;
    }

    @Override
    public void begin(int width, int height) {
      into.resize(width, height);
      filled = 0;
    }

    @Override
    public void row(byte[] rgb) {
      int stride = 3 * into.width();
      System.arraycopy(rgb, 0, into.rgb(), filled, stride);
      filled += stride;
    }
  }

  static BadInputException damaged(String name, String how, Throwable cause) {
    return new BadInputException(
        name + ": damaged image: " + how, "", "replace or remove the file", cause);
  }
}
