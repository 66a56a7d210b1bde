package dev.lgc.runtime.data;

/** The insides of the drawn shapes, each in a square of side 2 around the origin, y downwards. */
final class Shapes {
  private static final double[] STAR = star();
  private static final double[] ARROW = {
    -1, -0.28, 0.1, -0.28, 0.1, -0.75, 1, 0, 0.1, 0.75, 0.1, 0.28, -1, 0.28
  };

  private Shapes() {}

  /** Returns true if the shape of class {@code shape} covers {@code (x, y)}. */
  static boolean contains(int shape, double x, double y) {
    double r2 = x * x + y * y;
    return switch (shape) {
      case 0 -> r2 < 0.9;
      case 1 -> Math.abs(x) < 0.78 && Math.abs(y) < 0.78;
      case 2 -> y < 0.75 && y > -0.9 && Math.abs(x) < (y + 0.9) * 0.58;
      case 3 -> inPolygon(STAR, x, y);
      case 4 -> r2 < 0.95 && r2 > 0.3;
      case 5 ->
          Math.max(Math.abs(x), Math.abs(y)) < 0.9 && Math.min(Math.abs(x), Math.abs(y)) < 0.28;
      case 6 -> inHeart(1.2 * x, 0.15 - 1.2 * y);
      case 7 -> r2 < 0.9 && (x - 0.45) * (x - 0.45) + y * y > 0.62;
      case 8 -> Math.abs(x) / 0.62 + Math.abs(y) < 1;
      case 9 -> inPolygon(ARROW, x, y);
      default -> throw new IllegalArgumentException("shape " + shape);
    };
  }

  private static boolean inHeart(double x, double y) {
    double a = x * x + y * y - 0.9;
    return a * a * a < x * x * y * y * y * 1.6;
  }

  private static double[] star() {
    double[] points = new double[20];
    for (int i = 0; i < 10; i++) {
      double r = i % 2 == 0 ? 1 : 0.42;
      points[2 * i] = r * StrictMath.sin(i * Math.PI / 5);
      points[2 * i + 1] = -r * StrictMath.cos(i * Math.PI / 5);
    }
    return points;
  }

  /** Even-odd rule. */
  private static boolean inPolygon(double[] p, double x, double y) {
    boolean inside = false;
    for (int i = 0, j = p.length - 2; i < p.length; j = i, i += 2) {
      if (p[i + 1] > y != p[j + 1] > y
          && x < (p[j] - p[i]) * (y - p[i + 1]) / (p[j + 1] - p[i + 1]) + p[i]) {
        inside = !inside;
      }
    }
    return inside;
  }
}
