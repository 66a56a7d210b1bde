package dev.lgc.runtime.data.decode;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The compressions of TIFF that keep samples as they are. */
final class TiffCompression {
  static final int NONE = 1;
  static final int LZW = 5;
  static final int DEFLATE = 8;
  static final int OLD_DEFLATE = 32946;
  static final int PACK_BITS = 32773;

  private static final int CLEAR = 256;
  private static final int END = 257;

  private TiffCompression() {}

  /** Returns true if data compressed in this way is read here. */
  static boolean knows(long compression) {
    return compression == NONE
        || compression == LZW
        || compression == DEFLATE
        || compression == OLD_DEFLATE
        || compression == PACK_BITS;
  }

  /** Fills {@code out} from {@code in}; what is not there is damage. */
  static void expand(long compression, byte[] in, byte[] out) throws ImageException {
    int n =
        switch ((int) compression) {
          case NONE -> copy(in, out);
          case LZW -> lzw(in, out);
          case PACK_BITS -> packBits(in, out);
          default -> inflate(in, out);
        };
    if (n < out.length) {
      throw ImageException.damaged("its pixels end too early");
    }
  }

  private static int copy(byte[] in, byte[] out) {
    int n = Math.min(in.length, out.length);
    System.arraycopy(in, 0, out, 0, n);
    return n;
  }

  private static int inflate(byte[] in, byte[] out) throws ImageException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(in);
      int n = 0;
      while (n < out.length) {
        int got = inflater.inflate(out, n, out.length - n);
        if (got == 0) {
          break;
        }
        n += got;
      }
      return n;
    } catch (DataFormatException e) {
      throw ImageException.damaged("its pixels cannot be inflated", e);
    } finally {
      inflater.end();
    }
  }

  private static int packBits(byte[] in, byte[] out) {
    int n = 0;
    for (int at = 0; at < in.length && n < out.length; ) {
      int k = in[at++];
      if (k >= 0) {
        int length = Math.min(k + 1, Math.min(in.length - at, out.length - n));
        System.arraycopy(in, at, out, n, length);
        at += k + 1;
        n += length;
      } else if (k != -128 && at < in.length) {
        int length = Math.min(1 - k, out.length - n);
        Arrays.fill(out, n, n + length, in[at++]);
        n += length;
      }
    }
    return n;
  }

  private static int lzw(byte[] in, byte[] out) throws ImageException {
    // A code stands for a run of bytes that was written before: where it is, and how long.
    int[] start = new int[4097];
    int[] length = new int[4097];
    int next = END + 1;
    int bits = 9;
    int previous = -1;
    int n = 0;
    int value = 0;
    int have = 0;
    for (int at = 0; n < out.length; ) {
      while (have < bits && at < in.length) {
        value = value << 8 | in[at++] & 0xff;
        have += 8;
      }
      if (have < bits) {
        return n;
      }
      int code = value >>> have - bits & (1 << bits) - 1;
      have -= bits;
      if (code == END) {
        return n;
      }
      if (code == CLEAR) {
        next = END + 1;
        bits = 9;
        previous = -1;
        continue;
      }
      int from = n;
      if (code < CLEAR) {
        out[n++] = (byte) code;
      } else if (code < next || code == next && previous >= 0) {
        // The newest code is the run before and the byte after it, which is being written.
        int run = code < next ? length[code] : length(previous, length) + 1;
        int source = code < next ? start[code] : from - run + 1;
        for (int k = 0; k < run && n < out.length; k++) {
          out[n++] = out[source + k];
        }
      } else {
        throw ImageException.damaged("a code that is not known yet");
      }
      if (previous >= 0 && next < 4096) {
        int run = length(previous, length);
        start[next] = from - run;
        length[next++] = run + 1;
      }
      // One earlier than needed: how the first writer did it.
      bits = next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9;
      previous = code;
    }
    return n;
  }

  private static int length(int code, int[] length) {
    return code < CLEAR ? 1 : length[code];
  }
}
