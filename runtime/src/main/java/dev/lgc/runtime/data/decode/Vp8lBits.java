package dev.lgc.runtime.data.decode;

/** Reads bits, the lowest of each byte first. */
final class Vp8lBits {
  private final byte[] bytes;
  private final int end;
  private int at;
  private long value;
  private int bits;
  private int beyond;

  Vp8lBits(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  /**
   * Makes at least 32 bits available to {@link #peek}.
   *
   * @throws ImageException if more bits were used than there are
   */
  void fill() throws ImageException {
    while (bits <= 56) {
      if (at < end) {
        value |= (bytes[at++] & 0xffL) << bits;
      } else {
        beyond += 8;
      }
      bits += 8;
    }
    if (bits < beyond) {
      throw ImageException.damaged("its pixels end too early");
    }
  }

  /** The next 32 bits, not used yet. */
  int peek() {
    return (int) value;
  }

  /** Uses {@code n} bits. */
  void skip(int n) {
    value >>>= n;
    bits -= n;
  }

  /** An unsigned number of {@code n} bits, 0 to 24. */
  int read(int n) throws ImageException {
    fill();
    int v = (int) value & (1 << n) - 1;
    skip(n);
    return v;
  }

  /** A flag. */
  boolean flag() throws ImageException {
    return read(1) == 1;
  }
}
