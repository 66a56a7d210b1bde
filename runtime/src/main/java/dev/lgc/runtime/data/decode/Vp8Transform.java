package dev.lgc.runtime.data.decode;

/** The inverse transforms of VP8 (RFC 6386, section 14). */
final class Vp8Transform {
  private Vp8Transform() {}

  /** Spreads the second-order block {@code in} over the DC coefficients of the 16 luma blocks. */
  static void walshHadamard(short[] in, short[] blocks) {
    int[] t = new int[16];
    for (int i = 0; i < 4; i++) {
      int a0 = in[i] + in[12 + i];
      int a1 = in[4 + i] + in[8 + i];
      int a2 = in[4 + i] - in[8 + i];
      int a3 = in[i] - in[12 + i];
      t[i] = a0 + a1;
      t[4 + i] = a3 + a2;
      t[8 + i] = a0 - a1;
      t[12 + i] = a3 - a2;
    }
    for (int i = 0; i < 16; i += 4) {
      int dc = t[i] + 3;
      int a0 = dc + t[i + 3];
      int a1 = t[i + 1] + t[i + 2];
      int a2 = t[i + 1] - t[i + 2];
      int a3 = dc - t[i + 3];
      blocks[16 * i] = (short) (a0 + a1 >> 3);
      blocks[16 * (i + 1)] = (short) (a3 + a2 >> 3);
      blocks[16 * (i + 2)] = (short) (a0 - a1 >> 3);
      blocks[16 * (i + 3)] = (short) (a3 - a2 >> 3);
    }
  }

  /** Adds the inverse cosine transform of 16 coefficients to 4 by 4 predicted samples. */
  static void addCosine(short[] in, int from, byte[] out, int at, int stride) {
    int[] t = new int[16];
    for (int i = 0; i < 4; i++) {
      int k = from + i;
      int a = in[k] + in[k + 8];
      int b = in[k] - in[k + 8];
      int c = sine(in[k + 4]) - cosine(in[k + 12]);
      int d = cosine(in[k + 4]) + sine(in[k + 12]);
      t[4 * i] = a + d;
      t[4 * i + 1] = b + c;
      t[4 * i + 2] = b - c;
      t[4 * i + 3] = a - d;
    }
    for (int i = 0; i < 4; i++) {
      int dc = t[i] + 4;
      int a = dc + t[8 + i];
      int b = dc - t[8 + i];
      int c = sine(t[4 + i]) - cosine(t[12 + i]);
      int d = cosine(t[4 + i]) + sine(t[12 + i]);
      int row = at + i * stride;
      out[row] = add(out[row], a + d);
      out[row + 1] = add(out[row + 1], b + c);
      out[row + 2] = add(out[row + 2], b - c);
      out[row + 3] = add(out[row + 3], a - d);
    }
  }

  private static byte add(byte predicted, int residual) {
    int v = (predicted & 0xff) + (residual >> 3);
    return (byte) ((v & ~0xff) == 0 ? v : v < 0 ? 0 : 255);
  }

  /** {@code a} times the square root of 2 times the cosine of pi / 8. */
  private static int cosine(int a) {
    return (a * 20091 >> 16) + a;
  }

  /** {@code a} times the square root of 2 times the sine of pi / 8. */
  private static int sine(int a) {
    return a * 35468 >> 16;
  }
}
