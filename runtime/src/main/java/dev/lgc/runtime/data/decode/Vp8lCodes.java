package dev.lgc.runtime.data.decode;

import java.util.Arrays;

/** Reads the prefix codes of a lossless WebP (RFC 9649, section 3.7.2). */
final class Vp8lCodes {
  /** Codes of one group: green with lengths and cached colours, red, blue, alpha, distance. */
  static final int KINDS = 5;

  /** Colours that lengths of copies come after in the alphabet of green. */
  static final int LITERALS = 256;

  /** Prefixes of lengths. */
  static final int LENGTHS = 24;

  private static final int DISTANCES = 40;
  private static final int LONGEST = 15;
  private static final int[] LENGTH_ORDER = {
    17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  };

  /** The most that all tables of an image may take: ten times what an encoder makes. */
  private static final long MOST_ENTRIES = 1 << 24;

  private final Vp8lBits in;
  private long entries;

  Vp8lCodes(Vp8lBits in) {
    this.in = in;
  }

  /** Reads the five codes of a group; their tables are made only if {@code used}. */
  Vp8lHuffman[] group(int cached, boolean used) throws ImageException {
    Vp8lHuffman[] codes = new Vp8lHuffman[KINDS];
    for (int k = 0; k < KINDS; k++) {
      int symbols = k == 0 ? LITERALS + LENGTHS + cached : k < KINDS - 1 ? LITERALS : DISTANCES;
      int[] lengths = lengths(symbols);
      if (used) {
        codes[k] = new Vp8lHuffman(lengths);
        entries += codes[k].entries();
        if (entries > MOST_ENTRIES) {
          throw ImageException.unsupported("its prefix codes take too much memory");
        }
      }
    }
    return codes;
  }

  private int[] lengths(int symbols) throws ImageException {
    int[] lengths = new int[symbols];
    if (in.flag()) {
      boolean second = in.flag();
      int first = in.read(in.flag() ? 8 : 1);
      set(lengths, first);
      if (second) {
        set(lengths, in.read(8));
      }
      return lengths;
    }
    int[] lengthLengths = new int[LENGTH_ORDER.length];
    int given = 4 + in.read(4);
    for (int i = 0; i < given; i++) {
      lengthLengths[LENGTH_ORDER[i]] = in.read(3);
    }
    Vp8lHuffman code = new Vp8lHuffman(lengthLengths);
    int most = symbols;
    if (in.flag()) {
      most = 2 + in.read(2 + 2 * in.read(3));
      if (most > symbols) {
        throw ImageException.damaged("a prefix code has too many symbols");
      }
    }
    int previous = 8;
    for (int i = 0; i < symbols && most > 0; most--) {
      in.fill();
      int length = code.read(in);
      if (length <= LONGEST) {
        lengths[i++] = length;
        previous = length == 0 ? previous : length;
        continue;
      }
      int times = length == 16 ? 3 + in.read(2) : length == 17 ? 3 + in.read(3) : 11 + in.read(7);
      if (i + times > symbols) {
        throw ImageException.damaged("a prefix code has too many symbols");
      }
      Arrays.fill(lengths, i, i + times, length == 16 ? previous : 0);
      i += times;
    }
    return lengths;
  }

  private static void set(int[] lengths, int symbol) throws ImageException {
    if (symbol >= lengths.length) {
      throw ImageException.damaged("a prefix code has an unknown symbol");
    }
    lengths[symbol] = 1;
  }
}
