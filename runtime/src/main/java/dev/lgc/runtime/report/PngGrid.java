package dev.lgc.runtime.report;

import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.io.AtomicFiles;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Pictures side by side, as one PNG: rows of {@code columns}, two pixels apart on white, each with
 * a line of text below it if wanted. On a machine without fonts the text is left out.
 */
public final class PngGrid {
  private static final int GAP = 2;

  private final List<Picture> pictures;
  private final int columns;
  private List<String> labels = List.of();
  private int zoom = 1;

  private PngGrid(List<Picture> pictures, int columns) {
    if (pictures.isEmpty() || columns < 1) {
      throw new IllegalArgumentException(pictures.size() + " pictures, " + columns + " columns");
    }
    this.pictures = List.copyOf(pictures);
    this.columns = Math.min(columns, pictures.size());
  }

  /** A grid of 8-bit pictures, which should have one size. */
  public static PngGrid of(List<Picture> pictures, int columns) {
    return new PngGrid(pictures, columns);
  }

  /**
   * A grid of {@code n} pictures of a tensor.
   *
   * @param pixels f32 {@code [n, 3, height, width]} in [-1, 1], native order; values outside are
   *     clamped
   */
  public static PngGrid of(MemorySegment pixels, int n, int height, int width, int columns) {
    List<Picture> pictures = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Picture p = new Picture();
      Crops.toPicture(pixels, 12L * i * height * width, width, height, p);
      pictures.add(p);
    }
    return new PngGrid(pictures, columns);
  }

  /** Puts {@code labels.get(i)} below picture {@code i}; pictures beyond the list have none. */
  public PngGrid labels(List<String> labels) {
    this.labels = List.copyOf(labels);
    return this;
  }

  /** Shows each pixel as a square of {@code zoom} pixels, at least 1. */
  public PngGrid zoom(int zoom) {
    if (zoom < 1) {
      throw new IllegalArgumentException("zoom " + zoom);
    }
    this.zoom = zoom;
    return this;
  }

  /** Replaces the file at {@code path} by the grid. */
  public void write(Path path) throws IOException {
    AtomicFiles.writeBytes(path, png(render()));
  }

  /** Replaces the file at {@code path} by one picture, pixel for pixel. */
  public static void write(Picture picture, Path path) throws IOException {
    BufferedImage framed = of(List.of(picture), 1).render();
    AtomicFiles.writeBytes(
        path, png(framed.getSubimage(GAP, GAP, picture.width(), picture.height())));
  }

  /** The grid as the bytes of a PNG. */
  public byte[] toPng() throws IOException {
    return png(render());
  }

  /** The grid as an image. */
  public BufferedImage render() {
    int cellWidth = zoom * pictures.stream().mapToInt(Picture::width).max().orElseThrow();
    int cellHeight = zoom * pictures.stream().mapToInt(Picture::height).max().orElseThrow();
    int text = labels.isEmpty() ? 0 : Math.clamp(cellWidth / 8, 10, 16);
    int rows = (pictures.size() + columns - 1) / columns;
    BufferedImage image =
        new BufferedImage(
            columns * (cellWidth + GAP) + GAP,
            rows * (cellHeight + text + GAP) + GAP,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    for (int i = 0; i < pictures.size(); i++) {
      int x = GAP + i % columns * (cellWidth + GAP);
      int y = GAP + i / columns * (cellHeight + text + GAP);
      paint(pictures.get(i), image, x, y);
      if (i < labels.size()) {
        write(g, labels.get(i), x, y + zoom * pictures.get(i).height(), cellWidth, text);
      }
    }
    g.dispose();
    return image;
  }

  private void paint(Picture p, BufferedImage image, int left, int top) {
    for (int y = 0; y < zoom * p.height(); y++) {
      for (int x = 0; x < zoom * p.width(); x++) {
        int px = x / zoom;
        int py = y / zoom;
        image.setRGB(
            left + x, top + y, p.at(px, py, 0) << 16 | p.at(px, py, 1) << 8 | p.at(px, py, 2));
      }
    }
  }

  private static void write(Graphics2D g, String label, int x, int y, int width, int height) {
    try {
      g.setClip(x, y, width, height);
      g.setColor(Color.DARK_GRAY);
      g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, height - 2));
      g.setRenderingHint(
          RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      int indent = Math.max(0, (width - g.getFontMetrics().stringWidth(label)) / 2);
      g.drawString(label, x + indent, y + height - 3);
    } catch (RuntimeException | LinkageError | InternalError e) {
      // Without fontconfig or any font, the pictures are still worth having.
      return;
    } finally {
      g.setClip(null);
    }
  }

  /** {@code image} as the bytes of a PNG, made in memory: no temporary file is needed. */
  static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, "png", out)) {
        throw new IOException("this Java has no PNG writer");
      }
    }
    return bytes.toByteArray();
  }
}
