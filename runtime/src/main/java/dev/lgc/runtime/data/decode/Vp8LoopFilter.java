package dev.lgc.runtime.data.decode;

/** Smooths the edges of macroblocks and of their 4 by 4 blocks (RFC 6386, section 15). */
final class Vp8LoopFilter {
  private final boolean simple;
  private final int sharpness;
  private final Vp8Plane luma;
  private final Vp8Plane blue;
  private final Vp8Plane red;

  Vp8LoopFilter(Vp8Header header, Vp8Plane luma, Vp8Plane blue, Vp8Plane red) {
    this.simple = header.simpleFilter;
    this.sharpness = header.sharpness;
    this.luma = luma;
    this.blue = blue;
    this.red = red;
  }

  /**
   * Filters the macroblock in column {@code x} and row {@code y}, after those before it.
   *
   * @param level the filter's strength, 1 to 63
   * @param inner whether the edges inside the macroblock are filtered too
   */
  void filter(int x, int y, int level, boolean inner) {
    int interior = level;
    if (sharpness > 0) {
      interior = Math.min(interior >> (sharpness > 4 ? 2 : 1), 9 - sharpness);
    }
    interior = Math.max(interior, 1);
    int limit = 2 * level + interior;
    if (simple) {
      filterSimple(x, y, limit, inner);
      return;
    }
    int variance = level >= 40 ? 2 : level >= 15 ? 1 : 0;
    filterPlane(luma, x, y, 16, limit, interior, variance, inner);
    filterPlane(blue, x, y, 8, limit, interior, variance, inner);
    filterPlane(red, x, y, 8, limit, interior, variance, inner);
  }

  private void filterSimple(int x, int y, int limit, boolean inner) {
    int at = luma.at(16 * x, 16 * y);
    int stride = luma.stride;
    for (int k = x > 0 ? 0 : 4; k < (inner ? 16 : 1); k += 4) {
      simpleEdge(luma.samples, at + k, 1, stride, 2 * limit + (k == 0 ? 9 : 1));
    }
    for (int k = y > 0 ? 0 : 4; k < (inner ? 16 : 1); k += 4) {
      simpleEdge(luma.samples, at + k * stride, stride, 1, 2 * limit + (k == 0 ? 9 : 1));
    }
  }

  private static void filterPlane(
      Vp8Plane p, int x, int y, int size, int limit, int interior, int variance, boolean inner) {
    int at = p.at(size * x, size * y);
    int end = inner ? size : 1;
    for (int k = x > 0 ? 0 : 4; k < end; k += 4) {
      int edge = 2 * limit + (k == 0 ? 9 : 1);
      normalEdge(p.samples, at + k, 1, p.stride, size, edge, interior, variance, k == 0);
    }
    for (int k = y > 0 ? 0 : 4; k < end; k += 4) {
      int edge = 2 * limit + (k == 0 ? 9 : 1);
      int from = at + k * p.stride;
      normalEdge(p.samples, from, p.stride, 1, size, edge, interior, variance, k == 0);
    }
  }

  /** Filters 16 places along an edge; {@code across} leads over it, {@code along} along it. */
  private static void simpleEdge(byte[] s, int at, int across, int along, int edge) {
    for (int i = 0; i < 16; i++, at += along) {
      int p1 = s[at - 2 * across] & 0xff;
      int p0 = s[at - across] & 0xff;
      int q0 = s[at] & 0xff;
      int q1 = s[at + across] & 0xff;
      if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) <= edge) {
        two(s, at, across, p1, p0, q0, q1);
      }
    }
  }

  private static void normalEdge(
      byte[] s,
      int at,
      int across,
      int along,
      int size,
      int edge,
      int interior,
      int variance,
      boolean outer) {
    for (int i = 0; i < size; i++, at += along) {
      int p1 = s[at - 2 * across] & 0xff;
      int p0 = s[at - across] & 0xff;
      int q0 = s[at] & 0xff;
      int q1 = s[at + across] & 0xff;
      if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) > edge) {
        continue;
      }
      int p2 = s[at - 3 * across] & 0xff;
      int p3 = s[at - 4 * across] & 0xff;
      int q2 = s[at + 2 * across] & 0xff;
      int q3 = s[at + 3 * across] & 0xff;
      if (Math.abs(p3 - p2) > interior
          || Math.abs(p2 - p1) > interior
          || Math.abs(p1 - p0) > interior
          || Math.abs(q3 - q2) > interior
          || Math.abs(q2 - q1) > interior
          || Math.abs(q1 - q0) > interior) {
        continue;
      }
      if (Math.abs(p1 - p0) > variance || Math.abs(q1 - q0) > variance) {
        two(s, at, across, p1, p0, q0, q1);
      } else if (outer) {
        six(s, at, across, p2, p1, p0, q0, q1, q2);
      } else {
        four(s, at, across, p1, p0, q0, q1);
      }
    }
  }

  private static void two(byte[] s, int at, int across, int p1, int p0, int q0, int q1) {
    int a = 3 * (q0 - p0) + Math.clamp(p1 - q1, -128, 127);
    s[at - across] = clip(p0 + step(a + 3));
    s[at] = clip(q0 - step(a + 4));
  }

  private static void four(byte[] s, int at, int across, int p1, int p0, int q0, int q1) {
    int a = 3 * (q0 - p0);
    int a1 = step(a + 4);
    int a3 = a1 + 1 >> 1;
    s[at - 2 * across] = clip(p1 + a3);
    s[at - across] = clip(p0 + step(a + 3));
    s[at] = clip(q0 - a1);
    s[at + across] = clip(q1 - a3);
  }

  private static void six(
      byte[] s, int at, int across, int p2, int p1, int p0, int q0, int q1, int q2) {
    int a = Math.clamp(3 * (q0 - p0) + Math.clamp(p1 - q1, -128, 127), -128, 127);
    int a1 = 27 * a + 63 >> 7;
    int a2 = 18 * a + 63 >> 7;
    int a3 = 9 * a + 63 >> 7;
    s[at - 3 * across] = clip(p2 + a3);
    s[at - 2 * across] = clip(p1 + a2);
    s[at - across] = clip(p0 + a1);
    s[at] = clip(q0 - a1);
    s[at + across] = clip(q1 - a2);
    s[at + 2 * across] = clip(q2 - a3);
  }

  /** An eighth, within what signed bytes allowed the original. */
  private static int step(int a) {
    return Math.clamp(a >> 3, -16, 15);
  }

  private static byte clip(int v) {
    return (byte) ((v & ~0xff) == 0 ? v : v < 0 ? 0 : 255);
  }
}
