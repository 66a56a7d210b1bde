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
 * a line of text below it if wanted. On a machine without fonts the text is left out. What would
 * have more than {@link #mostPixels} pixels shows them smaller, then fewer of them.
 */
public final class PngGrid {
  private static final int GAP = 2;
  private static final long MOST_PIXELS = 1L << 25;

  /** Bytes of memory that a pixel takes while a grid is made and written, at most. */
  private static final int BYTES_PER_PIXEL = 16;

  private final List<Picture> pictures;
  private final int columns;
  private List<String> labels = List.of();
  private int zoom = 1;

  private PngGrid(List<Picture> pictures, int columns) {
    if (pictures.isEmpty() || columns < 0) {
      throw new IllegalArgumentException(pictures.size() + " pictures, " + columns + " columns");
    }
    this.pictures = List.copyOf(pictures);
    this.columns = Math.min(columns, pictures.size());
  }

  /**
   * A grid that is small enough to be made and looked at.
   *
   * @param pictures how many it shows: the first of those there are
   * @param columns pictures in a row
   * @param zoom pixels of a side of the square that shows a pixel
   */
  public record Fit(int pictures, int columns, int zoom) {
    /**
     * The largest grid with {@link PngGrid#mostPixels} pixels: it zooms less rather than showing
     * fewer pictures. It shows one picture as it is, however large.
     *
     * @param pictures how many there are, at least 1
     * @param width of a picture
     * @param columns pictures in a row; 0 for as many as there are rows
     * @param labelled whether there is text below pictures
     */
    public static Fit of(
        int pictures, int width, int height, int columns, int zoom, boolean labelled) {
      long most = mostPixels();
      int shown = (int) Math.min(pictures, Math.max(1, most / ((long) width * height)));
      for (; ; shown--) {
        int across = Math.min(shown, columns > 0 ? columns : (int) Math.ceil(Math.sqrt(shown)));
        int down = (shown + across - 1) / across;
        for (int z = shown < pictures ? 1 : zoom; z > 0; z--) {
          long cell = (long) z * width;
          long w = across * (cell + GAP) + GAP;
          long h = down * ((long) z * height + (labelled ? text(cell) : 0) + GAP) + GAP;
          boolean fits = w <= Integer.MAX_VALUE / h && w * h <= most;
          if (fits || (shown == 1 && z == 1)) {
            return new Fit(shown, across, z);
          }
        }
      }
    }
  }

  /** Most pixels of a grid: fewer where there is little memory. */
  public static long mostPixels() {
    return Math.min(MOST_PIXELS, Runtime.getRuntime().maxMemory() / BYTES_PER_PIXEL);
  }

  /** Pixels of a line of text below pictures so wide. */
  private static int text(long cell) {
    return (int) Math.clamp(cell / 8, 10L, 16L);
  }

  /**
   * A grid of 8-bit pictures, which should have one size.
   *
   * @param columns pictures in a row; 0 for as many as there are rows
   */
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

  /**
   * Loads what draws grids. It does not start any more once the program was told to end: whoever
   * shall draw one then has to do this before.
   */
  public static void prepare() {
    of(List.of(new Picture(1, 1)), 1).labels(List.of(" ")).render();
  }

  /** Replaces the file at {@code path} by the grid. */
  public void write(Path path) throws IOException {
    AtomicFiles.writeBytes(path, png(render()));
  }

  /** Replaces the file at {@code path} by one picture, pixel for pixel. */
  public static void write(Picture picture, Path path) throws IOException {
    AtomicFiles.writeBytes(path, toPng(picture));
  }

  /** One picture, pixel for pixel, as the bytes of a PNG. */
  public static byte[] toPng(Picture picture) throws IOException {
    BufferedImage image =
        new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
    paint(picture, image, 0, 0, 1);
    return png(image);
  }

  /** The grid as the bytes of a PNG. */
  public byte[] toPng() throws IOException {
    return png(render());
  }

  /** The number of pictures that the grid shows, and their size. */
  public Fit fit() {
    return Fit.of(
        pictures.size(),
        pictures.stream().mapToInt(Picture::width).max().orElseThrow(),
        pictures.stream().mapToInt(Picture::height).max().orElseThrow(),
        columns,
        zoom,
        !labels.isEmpty());
  }

  /** The grid as an image, of at most {@link #mostPixels} pixels: see {@link #fit}. */
  public BufferedImage render() {
    Fit fit = fit();
    List<Picture> shown = pictures.subList(0, fit.pictures);
    int cellWidth = fit.zoom * shown.stream().mapToInt(Picture::width).max().orElseThrow();
    int cellHeight = fit.zoom * shown.stream().mapToInt(Picture::height).max().orElseThrow();
    int text = labels.isEmpty() ? 0 : text(cellWidth);
    int rows = (shown.size() + fit.columns - 1) / fit.columns;
    BufferedImage image =
        new BufferedImage(
            fit.columns * (cellWidth + GAP) + GAP,
            rows * (cellHeight + text + GAP) + GAP,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    for (int i = 0; i < shown.size(); i++) {
      int x = GAP + i % fit.columns * (cellWidth + GAP);
      int y = GAP + i / fit.columns * (cellHeight + text + GAP);
      paint(shown.get(i), image, x, y, fit.zoom);
      if (i < labels.size()) {
        write(g, labels.get(i), x, y + fit.zoom * shown.get(i).height(), cellWidth, text);
      }
    }
    g.dispose();
    return image;
  }

  private static void paint(Picture p, BufferedImage image, int left, int top, int zoom) {
    int width = zoom * p.width();
    int[] row = new int[width];
    for (int y = 0; y < p.height(); y++) {
      for (int x = 0; x < width; x++) {
        int px = x / zoom;
        row[x] = p.at(px, y, 0) << 16 | p.at(px, y, 1) << 8 | p.at(px, y, 2);
      }
      for (int k = 0; k < zoom; k++) {
        image.getRaster().setDataElements(left, top + zoom * y + k, width, 1, row);
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
