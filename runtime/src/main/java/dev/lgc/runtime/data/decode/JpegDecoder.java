package dev.lgc.runtime.data.decode;

import java.awt.Rectangle;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;

/**
 * Decodes JPEG by the libjpeg that is part of Java, which sees nothing but the pixels: profiles,
 * orientation and other data of applications are taken away first.
 *
 * <p>Rows are passed on as they are decoded. A progressive JPEG is decoded once for each of its
 * scans. It takes 128 bytes outside of the heap for each block of 64 samples, 3 bytes a pixel with
 * halved colour and 6 with full colour, and so does any other of several scans; {@link
 * Coefficients} bounds that.
 */
final class JpegDecoder {
  private JpegDecoder() {}

  /** Decodes {@code in} into {@code sink}. */
  static void decode(ByteBuffer in, DecodeLimit limit, PixelSink sink) throws ImageException {
    JpegHeader header = JpegHeader.parse(in);
    // Each block takes at least a bit of the file, so that a small file cannot ask for much.
    if (header.blocks() > 8L * in.limit()) {
      throw ImageException.damaged("it ends too early");
    }
    ImageReader reader = reader();
    String[] trouble = new String[1];
    reader.addIIOReadWarningListener(
        (IIOReadWarningListener)
            (source, warning) -> {
              String lower = warning == null ? "" : warning.toLowerCase(Locale.ROOT);
              if (lower.contains("premature end") || lower.contains("bad huffman")) {
                trouble[0] = warning;
              }
            });
    try (Coefficients _ = Coefficients.of(header);
        ByteBufferInput input =
            new ByteBufferInput(
                header.prefix(), in.slice(header.scans(), in.limit() - header.scans()))) {
      reader.setInput(input, true, true);
      if (header.components() == 4) {
        sink.begin(header.width(), header.height());
        inks(reader, header, limit, sink);
      } else {
        PixelSink rows =
            header.tall() == 0
                ? sink
                : new TallSamples(header.tall(), header.model() == JpegHeader.Model.YCC, sink);
        colors(reader, header, in, rows);
      }
    } catch (ImageException e) {
      throw e;
    } catch (IOException | ByteBufferInput.PastEnd e) {
      throw ImageException.damaged(String.valueOf(e.getMessage()), e);
    } finally {
      reader.dispose();
    }
    if (trouble[0] != null) {
      throw ImageException.damaged(trouble[0]);
    }
    if (header.unsound() != null) {
      sink.warn(header.unsound());
    }
  }

  private static ImageReader reader() {
    for (Iterator<ImageReader> all = ImageIO.getImageReadersByFormatName("jpeg"); all.hasNext(); ) {
      ImageReader reader = all.next();
      if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
        return reader;
      }
    }
    throw new IllegalStateException("this Java has no JPEG decoder");
  }

  private static void colors(ImageReader reader, JpegHeader header, ByteBuffer in, PixelSink sink)
      throws IOException {
    ColorSpace rgb = ColorSpace.getInstance(ColorSpace.CS_sRGB);
    // Java's decoder shows about as many previews as there are scans; a few are let through, as
    // which is the last is known only afterwards.
    int previews = header.progressive() ? Math.max(0, header.countScans(in) - 4) : 0;
    RowRaster rows = new RowRaster(header.width(), header.height(), previews, sink);
    ImageReadParam param = reader.getDefaultReadParam();
    param.setDestination(
        new BufferedImage(
            new ComponentColorModel(rgb, false, false, BufferedImage.OPAQUE, DataBuffer.TYPE_BYTE),
            rows,
            false,
            null));
    reader.read(0, param);
    if (rows.rows() < header.height()) {
      throw ImageException.damaged("it ends too early");
    }
  }

  /** Cyan, magenta, yellow and black, which Java's decoder gives as they are in the file. */
  private static void inks(ImageReader reader, JpegHeader h, DecodeLimit limit, PixelSink sink)
      throws IOException {
    // Each part is decoded from the beginning; all but huge pictures are one part.
    int part = Math.clamp(limit.bytes() / 2 / (4L * h.width()), 1, h.height());
    byte[] rgb = new byte[3 * h.width()];
    for (int y = 0; y < h.height(); y += part) {
      int n = Math.min(part, h.height() - y);
      ImageReadParam param = reader.getDefaultReadParam();
      param.setSourceRegion(new Rectangle(0, y, h.width(), n));
      Raster raster = reader.readRaster(0, param);
      byte[] samples = ((DataBufferByte) raster.getDataBuffer()).getData();
      for (int r = 0; r < n; r++) {
        Inks.convert(samples, 4 * r * h.width(), h.width(), h.model(), h.inverted(), rgb);
        sink.row(rgb);
      }
    }
  }
}
