package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.decode.DecodeLimit;
import dev.lgc.runtime.data.decode.Decoder;
import dev.lgc.runtime.data.decode.ImageException;
import dev.lgc.runtime.data.decode.PixelSink;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.TransientFailureException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one image file of any common format as 8-bit RGB: PNG, JPEG, BMP, GIF and WEBP (their first
 * frame), TIFF. What an image is taken for depends on its content, not on its name.
 *
 * <p>Transparency is laid on white; grey becomes equal red, green and blue; deeper samples keep
 * their high 8 bits; colour profiles and camera orientation are ignored, as the reference ignores
 * them. Files that are truncated, damaged or too large are refused rather than half read.
 */
public final class ImageReader {
  /** The extensions of files that are taken for images, in lower case, without the dot. */
  public static final Set<String> EXTENSIONS =
      Set.of(
          "png", "apng", "jpg", "jpeg", "jpe", "jfif", "jif", "bmp", "dib", "gif", "webp", "tif",
          "tiff");

  private static final int LONGEST_SIDE = 65_500;
  private static final long MOST_PIXELS = 1L << 28;

  /** Larger files are not copied to the heap. */
  private static final long SMALL_FILE = 8 << 20;

  private static final String MEMORY_HINT = "reduce the image, or write it as a baseline JPEG";
  private static final int MOST_WARNINGS = 20;
  private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();
  private static final Logger LOG = LoggerFactory.getLogger(ImageReader.class);

  private ImageReader() {}

  /**
   * Reads {@code file} into {@code into}, in its own size, or halved as often as the picture
   * allows, exactly as {@link Crops} would halve it but without ever being in memory whole.
   *
   * @throws TransientFailureException if the disk, or memory that others have, is why it cannot be
   *     read
   * @throws BadInputException if it is missing, not an image, damaged, or larger than memory allows
   */
  public static void read(Path file, Picture into) {
    try {
      long size = Files.size(file);
      if (size > Integer.MAX_VALUE) {
        throw BadInputException.in(
            file, "too large for an image", Integer.MAX_VALUE + " bytes at most", "");
      }
      if (size <= SMALL_FILE) {
        read(file.toString(), ByteBuffer.wrap(Files.readAllBytes(file)), into);
        return;
      }
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
        read(file.toString(), mapped, into);
      }
    } catch (NoSuchFileException e) {
      throw new BadInputException(file + ": no such file", "", "", e);
    } catch (AccessDeniedException e) {
      throw new BadInputException(file + ": permission denied", "", "", e);
    } catch (IOException e) {
      throw new TransientFailureException(file + ": cannot be read: " + e.getMessage(), "", e);
    }
  }

  /**
   * Decodes {@code bytes} into {@code into}, as a file would be.
   *
   * @param name what messages call the image
   * @throws BadInputException if it is not an image, damaged, or larger than memory allows
   */
  public static void read(String name, byte[] bytes, Picture into) {
    read(name, ByteBuffer.wrap(bytes), into);
  }

  private static void read(String name, ByteBuffer bytes, Picture into) {
    try {
      if (!Decoder.decode(bytes, DecodeLimit.ofHeap(), new Fitting(name, into))) {
        throw new BadInputException(
            name + ": not an image", "PNG, JPEG, BMP, GIF, WEBP or TIFF", "remove the file");
      }
    } catch (BadInputException e) {
      throw e;
    } catch (ImageException e) {
      if (e.isPassing()) {
        throw new TransientFailureException(name + ": " + e.getMessage(), MEMORY_HINT, e);
      }
      throw e.damaged()
          ? damaged(name, e.getMessage(), e)
          : new BadInputException(name + ": " + e.getMessage(), "", "convert or remove it", e);
    } catch (OutOfMemoryError e) {
      throw new TransientFailureException(
          name + ": does not fit in memory", "reduce the image or raise -Xmx", e);
    } catch (InternalError e) {
      // A mapped file that is cut short while it is read, or whose disk fails.
      throw new TransientFailureException(name + ": cannot be read: " + e.getMessage(), "", e);
    } catch (RuntimeException | StackOverflowError e) {
      // Decoders meet damage with whatever exception lies nearest.
      throw damaged(
          name, e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(), e);
    }
  }

  private static BadInputException damaged(String name, String how, Throwable cause) {
    return new BadInputException(
        name + ": damaged image: " + how, "", "replace or remove the file", cause);
  }

  /** Checks an image's size, and halves it as often as its use allows on the way to a picture. */
  private static final class Fitting implements PixelSink {
    private final String name;
    private final Picture into;
    private PixelSink first;

    Fitting(String name, Picture into) {
      this.name = name;
      this.into = into;
    }

    @Override
    public void begin(int width, int height) {
      long pixels = (long) width * height;
      if (width > LONGEST_SIDE || height > LONGEST_SIDE || pixels > MOST_PIXELS) {
        throw new BadInputException(
            Text.format("%s: %d by %d pixels", name, width, height),
            Text.format("at most %d a side and %d in all", LONGEST_SIDE, MOST_PIXELS),
            "reduce the image");
      }
      PixelSink sink = new Filling(into);
      for (int rest = Math.min(width, height); rest / 2 >= into.enough(); rest /= 2) {
        sink = new Halving(sink);
        pixels /= 4;
      }
      if (3 * pixels > DecodeLimit.ofHeap().bytes()) {
        throw new BadInputException(
            Text.format("%s: %d by %d pixels", name, width, height),
            Text.format("at most %d with this heap", DecodeLimit.ofHeap().bytes() / 3),
            "reduce the image or raise -Xmx");
      }
      first = sink;
      sink.begin(width, height);
    }

    @Override
    public void row(byte[] rgb) {
      first.row(rgb);
    }

    @Override
    public void warn(String what) {
      // Once for each file, however often it is read, and not for thousands of files.
      if (WARNED.size() < MOST_WARNINGS && WARNED.add(name)) {
        LOG.warn("{}: {}", name, what);
      }
    }
  }

  /** Fills a picture with the rows of an image. */
  private static final class Filling implements PixelSink {
    private final Picture into;
    private int filled;

    Filling(Picture into) {
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
}
