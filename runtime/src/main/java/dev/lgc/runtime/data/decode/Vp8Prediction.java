package dev.lgc.runtime.data.decode;

import java.util.Arrays;

/** Predicts blocks from the samples above and to the left (RFC 6386, section 12). */
final class Vp8Prediction {
  // Modes, in the order of libwebp's tables; whole macroblocks use the first four.
  static final int DC = 0;
  static final int TRUE_MOTION = 1;
  static final int VERTICAL = 2;
  static final int HORIZONTAL = 3;
  static final int RIGHT_DOWN = 4;
  static final int VERTICAL_RIGHT = 5;
  static final int LEFT_DOWN = 6;
  static final int VERTICAL_LEFT = 7;
  static final int HORIZONTAL_DOWN = 8;
  static final int HORIZONTAL_UP = 9;

  private Vp8Prediction() {}

  /** Predicts {@code size} by {@code size} samples at {@code (x, y)} by one of four modes. */
  static void square(Vp8Plane plane, int x, int y, int size, int mode) {
    byte[] s = plane.samples;
    int stride = plane.stride;
    int at = plane.at(x, y);
    switch (mode) {
      case DC -> fill(s, at, stride, size, mean(s, at, stride, size, x > 0, y > 0));
      case TRUE_MOTION -> trueMotion(s, at, stride, size);
      case VERTICAL -> {
        for (int r = 0; r < size; r++) {
          System.arraycopy(s, at - stride, s, at + r * stride, size);
        }
      }
      case HORIZONTAL -> {
        for (int r = at; r < at + size * stride; r += stride) {
          Arrays.fill(s, r, r + size, s[r - 1]);
        }
      }
      default -> throw new IllegalArgumentException("mode " + mode);
    }
  }

  private static int mean(byte[] s, int at, int stride, int size, boolean left, boolean above) {
    int sum = 0;
    for (int i = 0; i < size; i++) {
      sum += above ? s[at - stride + i] & 0xff : 0;
      sum += left ? s[at - 1 + i * stride] & 0xff : 0;
    }
    int n = (above ? size : 0) + (left ? size : 0);
    return n == 0 ? 128 : (sum + n / 2) / n;
  }

  private static void fill(byte[] s, int at, int stride, int size, int value) {
    for (int r = at; r < at + size * stride; r += stride) {
      Arrays.fill(s, r, r + size, (byte) value);
    }
  }

  private static void trueMotion(byte[] s, int at, int stride, int size) {
    int corner = s[at - stride - 1] & 0xff;
    for (int r = at; r < at + size * stride; r += stride) {
      int base = (s[r - 1] & 0xff) - corner;
      for (int i = 0; i < size; i++) {
        int v = base + (s[at - stride + i] & 0xff);
        s[r + i] = (byte) ((v & ~0xff) == 0 ? v : v < 0 ? 0 : 255);
      }
    }
  }

  /**
   * Predicts the 4 by 4 samples at index {@code at}.
   *
   * @param e the 13 samples around it: 4 to the left from below, the corner, 8 above from the left
   */
  static void block(byte[] s, int at, int stride, int mode, int[] e) {
    switch (mode) {
      case DC -> fill(s, at, stride, 4, mean(s, at, stride, 4, true, true));
      case TRUE_MOTION -> trueMotion(s, at, stride, 4);
      case VERTICAL -> {
        for (int i = 0; i < 4; i++) {
          byte v = three(e, 5 + i);
          for (int r = 0; r < 4; r++) {
            s[at + r * stride + i] = v;
          }
        }
      }
      case HORIZONTAL -> {
        for (int r = 0; r < 4; r++) {
          byte v = r < 3 ? three(e, 3 - r) : round3(e[1], e[0], e[0]);
          Arrays.fill(s, at + r * stride, at + r * stride + 4, v);
        }
      }
      case RIGHT_DOWN -> rightDown(s, at, stride, e);
      case LEFT_DOWN -> leftDown(s, at, stride, e);
      case VERTICAL_RIGHT -> verticalRight(s, at, stride, e);
      case VERTICAL_LEFT -> verticalLeft(s, at, stride, e);
      case HORIZONTAL_DOWN -> horizontalDown(s, at, stride, e);
      case HORIZONTAL_UP -> horizontalUp(s, at, stride, e);
      default -> throw new IllegalArgumentException("mode " + mode);
    }
  }

  private static void rightDown(byte[] s, int at, int stride, int[] e) {
    for (int r = 0; r < 4; r++) {
      for (int i = 0; i < 4; i++) {
        s[at + r * stride + i] = three(e, 4 - r + i);
      }
    }
  }

  private static void leftDown(byte[] s, int at, int stride, int[] e) {
    for (int r = 0; r < 4; r++) {
      for (int i = 0; i < 4; i++) {
        int k = 6 + r + i;
        s[at + r * stride + i] = k < 12 ? three(e, k) : round3(e[11], e[12], e[12]);
      }
    }
  }

  private static void verticalRight(byte[] s, int at, int stride, int[] e) {
    for (int i = 0; i < 4; i++) {
      s[at + i] = two(e, 4 + i);
      s[at + stride + i] = three(e, 4 + i);
    }
    s[at + 2 * stride] = three(e, 3);
    s[at + 3 * stride] = three(e, 2);
    System.arraycopy(s, at, s, at + 2 * stride + 1, 3);
    System.arraycopy(s, at + stride, s, at + 3 * stride + 1, 3);
  }

  private static void verticalLeft(byte[] s, int at, int stride, int[] e) {
    for (int i = 0; i < 4; i++) {
      s[at + i] = two(e, 5 + i);
      s[at + stride + i] = three(e, 6 + i);
    }
    for (int i = 0; i < 3; i++) {
      s[at + 2 * stride + i] = two(e, 6 + i);
      s[at + 3 * stride + i] = three(e, 7 + i);
    }
    s[at + 2 * stride + 3] = three(e, 10);
    s[at + 3 * stride + 3] = three(e, 11);
  }

  private static void horizontalDown(byte[] s, int at, int stride, int[] e) {
    for (int r = 0; r < 4; r++) {
      s[at + r * stride] = two(e, 3 - r);
      s[at + r * stride + 1] = three(e, 4 - r);
    }
    s[at + 2] = three(e, 5);
    s[at + 3] = three(e, 6);
    for (int r = 1; r < 4; r++) {
      System.arraycopy(s, at + (r - 1) * stride, s, at + r * stride + 2, 2);
    }
  }

  private static void horizontalUp(byte[] s, int at, int stride, int[] e) {
    byte last = (byte) e[0];
    for (int r = 0; r < 3; r++) {
      s[at + r * stride] = two(e, 2 - r);
      s[at + r * stride + 1] = r < 2 ? three(e, 2 - r) : round3(e[1], e[0], e[0]);
    }
    s[at + 3 * stride] = last;
    s[at + 3 * stride + 1] = last;
    for (int r = 0; r < 3; r++) {
      System.arraycopy(s, at + (r + 1) * stride, s, at + r * stride + 2, 2);
    }
    s[at + 3 * stride + 2] = last;
    s[at + 3 * stride + 3] = last;
  }

  /** The mean of two neighbours, from {@code k} on. */
  private static byte two(int[] e, int k) {
    return (byte) (e[k] + e[k + 1] + 1 >> 1);
  }

  /** The weighted mean of the three neighbours around {@code k}. */
  private static byte three(int[] e, int k) {
    return round3(e[k - 1], e[k], e[k + 1]);
  }

  private static byte round3(int a, int b, int c) {
    return (byte) (a + 2 * b + c + 2 >> 2);
  }
}
