package dev.lgc.runtime.data.decode;

/** Reads booleans of given probabilities from an arithmetic code (RFC 6386, section 7). */
final class Vp8BoolDecoder {
  private final byte[] bytes;
  private final int end;
  private int at;

  /** One less than the width of the current interval: 127 to 254 between two calls. */
  private int range = 254;

  private long value;

  /** Bits of {@code value} beyond the eight that the next decision needs; negative if too few. */
  private int bits = -8;

  private boolean past;

  Vp8BoolDecoder(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  /** The next boolean, which is false with probability {@code prob / 256}. */
  boolean bit(int prob) {
    if (bits < 0) {
      load();
    }
    int split = (range * prob) >> 8;
    boolean one = (int) (value >>> bits) > split;
    if (one) {
      range -= split + 1;
      value -= (long) (split + 1) << bits;
    } else {
      range = split;
    }
    if (range < 127) {
      // The interval is widened until its highest bit is set again.
      int shift = Integer.numberOfLeadingZeros(range + 1) - 24;
      range = ((range + 1) << shift) - 1;
      bits -= shift;
    }
    return one;
  }

  /** An unsigned number of {@code n} bits, the highest first. */
  int number(int n) {
    int v = 0;
    for (int i = 0; i < n; i++) {
      v = 2 * v + (bit(128) ? 1 : 0);
    }
    return v;
  }

  /** A flag. */
  boolean flag() {
    return bit(128);
  }

  /** A number of {@code n} bits and its sign. */
  int signed(int n) {
    int v = number(n);
    return flag() ? -v : v;
  }

  /** A flag and, if it is set, a signed number; otherwise 0. */
  int optional(int n) {
    return flag() ? signed(n) : 0;
  }

  /** Returns true if more was read than there is. */
  boolean past() {
    return past;
  }

  private void load() {
    if (at + 4 <= end) {
      int four =
          (bytes[at] & 0xff) << 24
              | (bytes[at + 1] & 0xff) << 16
              | (bytes[at + 2] & 0xff) << 8
              | (bytes[at + 3] & 0xff);
      value = value << 32 | (four & 0xffffffffL);
      bits += 32;
      at += 4;
    } else if (at < end) {
      value = value << 8 | (bytes[at++] & 0xff);
      bits += 8;
    } else {
      value <<= 8;
      bits += 8;
      past = true;
    }
  }
}
