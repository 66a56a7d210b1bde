package dev.lgc.runtime.data;

import java.util.List;
import java.util.Objects;

/**
 * Pictures that need no files: coloured shapes on plain backgrounds, ten classes of them, drawn
 * when asked for.
 *
 * <p>Picture {@code i} is a pure function of the seed, its index and the size. Shape, colours,
 * place, size (62 to 86 percent of the side) and a slight rotation vary; indices {@code 10 j} to
 * {@code 10 j + 9} show each class once. Edges are smoothed by 4 by 4 samples a pixel.
 */
public final class SyntheticPictures implements PictureSource {
  private static final List<String> CLASSES =
      List.of(
          "circle",
          "square",
          "triangle",
          "star",
          "ring",
          "cross",
          "heart",
          "crescent",
          "diamond",
          "arrow");
  private static final int SAMPLES = 4;

  /** Fewest pixels of a side. */
  public static final int LEAST_SIDE = 8;

  /** Most pixels of a side. */
  public static final int MOST_SIDE = 4096;

  private final int count;
  private final int side;
  private final long seed;

  /**
   * @param count how many pictures, at least 1
   * @param side pixels of a side, from {@link #LEAST_SIDE} to {@link #MOST_SIDE}
   * @param seed which pictures
   */
  public SyntheticPictures(int count, int side, long seed) {
    if (count < 1 || side < LEAST_SIDE || side > MOST_SIDE) {
      throw new IllegalArgumentException(count + " drawn pictures of side " + side);
    }
    this.count = count;
    this.side = side;
    this.seed = seed;
  }

  @Override
  public int size() {
    return count;
  }

  /** Shifted by one in every ten, so that every k-th picture is not always of one class. */
  @Override
  public int label(int i) {
    return (i + i / CLASSES.size()) % CLASSES.size();
  }

  @Override
  public List<String> classes() {
    return CLASSES;
  }

  @Override
  public String name(int i) {
    return "drawn " + CLASSES.get(label(i)) + " " + i;
  }

  @Override
  public void read(int i, Picture into) {
    Objects.checkIndex(i, count);
    double[] u = new double[8];
    for (int k = 0; k < u.length; k++) {
      u[k] = CounterRandom.unit(CounterRandom.bits(seed, i, k));
    }
    boolean darkGround = u[0] < 0.5;
    int ground = hue(u[1], darkGround ? 0.15 : 0.12, darkGround ? 0.18 : 0.96);
    int ink = hue(u[2], 0.85, darkGround ? 0.98 : 0.72);
    double radius = side * (0.31 + 0.12 * u[3]);
    double room = side / 2.0 - radius;
    double cx = side / 2.0 + (2 * u[4] - 1) * room * 0.8;
    double cy = side / 2.0 + (2 * u[5] - 1) * room * 0.8;
    double angle = (2 * u[6] - 1) * Math.PI / 12;
    draw(label(i), cx, cy, radius, angle, ground, ink, into);
  }

  private void draw(
      int shape, double cx, double cy, double r, double angle, int ground, int ink, Picture into) {
    into.resize(side, side);
    double cos = StrictMath.cos(angle) / r;
    double sin = StrictMath.sin(angle) / r;
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int inside = 0;
        for (int s = 0; s < SAMPLES * SAMPLES; s++) {
          double dx = x + (s % SAMPLES + 0.5) / SAMPLES - cx;
          int row = s / SAMPLES;
          double dy = y + (row + 0.5) / SAMPLES - cy;
          if (Shapes.contains(shape, dx * cos + dy * sin, dy * cos - dx * sin)) {
            inside++;
          }
        }
        into.set(
            x,
            y,
            blend(ground >> 16, ink >> 16, inside),
            blend(ground >> 8, ink >> 8, inside),
            blend(ground, ink, inside));
      }
    }
  }

  private static int blend(int ground, int ink, int inside) {
    int all = SAMPLES * SAMPLES;
    return ((ground & 0xff) * (all - inside) + (ink & 0xff) * inside + all / 2) / all;
  }

  /** Hue, saturation and value in [0, 1] as 0xRRGGBB. */
  private static int hue(double h, double s, double v) {
    int rgb = 0;
    for (int c = 0; c < 3; c++) {
      double k = (5 - 2 * c + h * 6) % 6;
      double part = v * (1 - s * Math.clamp(Math.min(k, 4 - k), 0.0, 1.0));
      rgb = rgb << 8 | (int) (part * 255 + 0.5);
    }
    return rgb;
  }
}
