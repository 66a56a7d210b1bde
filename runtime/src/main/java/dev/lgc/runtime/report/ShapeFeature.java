package dev.lgc.runtime.report;

import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;

/** The shape of one thing on a plain ground, without its colours, place and size. */
final class ShapeFeature {
  private static final int WORK = 48;

  /** Half the side of what is looked at, in standard deviations of the ink. */
  private static final double REACH = 2.3;

  private ShapeFeature() {}

  /** Ink in {@code side} by {@code side} cells, of unit length as a vector. */
  static float[] of(Picture p, int side) {
    Picture square = new Picture();
    new Crops().center(p, WORK, square);
    double[] ink = ink(square);
    double mass = 0;
    double mx = 0;
    double my = 0;
    for (int i = 0; i < ink.length; i++) {
      mass += ink[i];
      mx += ink[i] * x(i);
      my += ink[i] * y(i);
    }
    float[] out = new float[side * side];
    if (mass <= 0) {
      return out;
    }
    mx /= mass;
    my /= mass;
    double spread = 0;
    for (int i = 0; i < ink.length; i++) {
      double dx = x(i) - mx;
      double dy = y(i) - my;
      spread += ink[i] * (dx * dx + dy * dy);
    }
    double step = 2 * REACH * Math.sqrt(spread / mass / 2) / side;
    double norm = 0;
    for (int i = 0; i < out.length; i++) {
      int column = i % side;
      int row = i / side;
      double x = mx + (column + 0.5 - side / 2.0) * step;
      double y = my + (row + 0.5 - side / 2.0) * step;
      out[i] = (float) bilinear(ink, x, y);
      norm += out[i] * out[i];
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= (float) Math.sqrt(norm + 1e-12);
    }
    return out;
  }

  /** Distance to the mean colour of the border, from 0 to 1, weak ones (noise) taken as none. */
  private static double[] ink(Picture p) {
    double[] ground = new double[3];
    int border = 0;
    for (int i = 0; i < WORK * WORK; i++) {
      if (x(i) == 0 || y(i) == 0 || x(i) == WORK - 1 || y(i) == WORK - 1) {
        border++;
        for (int c = 0; c < 3; c++) {
          ground[c] += p.at(x(i), y(i), c);
        }
      }
    }
    double[] ink = new double[WORK * WORK];
    double most = 1;
    for (int i = 0; i < ink.length; i++) {
      double d = 0;
      for (int c = 0; c < 3; c++) {
        double e = p.at(x(i), y(i), c) - ground[c] / border;
        d += e * e;
      }
      ink[i] = Math.sqrt(d);
      most = Math.max(most, ink[i]);
    }
    for (int i = 0; i < ink.length; i++) {
      ink[i] = Math.clamp((ink[i] / most - 0.25) / 0.5, 0.0, 1.0);
    }
    return ink;
  }

  private static int x(int i) {
    return i % WORK;
  }

  private static int y(int i) {
    return i / WORK;
  }

  private static double bilinear(double[] ink, double x, double y) {
    int x0 = (int) Math.floor(x);
    int y0 = (int) Math.floor(y);
    double fx = x - x0;
    double fy = y - y0;
    return (1 - fy) * ((1 - fx) * at(ink, x0, y0) + fx * at(ink, x0 + 1, y0))
        + fy * ((1 - fx) * at(ink, x0, y0 + 1) + fx * at(ink, x0 + 1, y0 + 1));
  }

  private static double at(double[] ink, int x, int y) {
    return x < 0 || y < 0 || x >= WORK || y >= WORK ? 0 : ink[y * WORK + x];
  }
}
