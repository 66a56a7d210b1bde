package dev.lgc.runtime.data.decode;

/** A canonical prefix code as a table of its first eight bits, with further tables for longer. */
final class Vp8lHuffman {
  private static final int ROOT = 8;
  private static final int LONGEST = 15;

  /** The length of a code in the upper half, its symbol in the lower; longer codes lead further. */
  private final int[] table;

  private final int mask;

  /**
   * @param lengths bits of each symbol's code, 0 for symbols that do not occur
   * @throws ImageException if that is no complete code
   */
  Vp8lHuffman(int[] lengths) throws ImageException {
    int[] count = new int[LONGEST + 1];
    int last = 0;
    for (int i = 0; i < lengths.length; i++) {
      count[lengths[i]]++;
      last = lengths[i] > 0 ? i : last;
    }
    int occurring = lengths.length - count[0];
    if (occurring == 1) {
      table = new int[] {last};
      mask = 0;
      return;
    }
    int[] next = new int[LONGEST + 2];
    int longest = 0;
    int free = 1;
    for (int n = 1; n <= LONGEST; n++) {
      free = 2 * free - count[n];
      if (free < 0) {
        throw ImageException.damaged("a prefix code is overfull");
      }
      next[n + 1] = next[n] + count[n] << 1;
      longest = count[n] > 0 ? n : longest;
    }
    if (occurring == 0 || free != 0) {
      throw ImageException.damaged("a prefix code is incomplete");
    }
    int root = Math.min(ROOT, longest);
    mask = (1 << root) - 1;
    table = longest > ROOT ? new int[tables(lengths, next.clone())] : new int[mask + 1];
    fill(lengths, next, root);
  }

  /** Gives each first byte of long codes the length of its longest code; returns the total size. */
  private static int tables(int[] lengths, int[] next) {
    int size = 1 << ROOT;
    int[] longest = longest(lengths, next);
    for (int n : longest) {
      size += n > ROOT ? 1 << n - ROOT : 0;
    }
    return size;
  }

  private static int[] longest(int[] lengths, int[] next) {
    int[] longest = new int[1 << ROOT];
    for (int n : lengths) {
      if (n > 0) {
        int code = reversed(next[n]++, n);
        if (n > ROOT) {
          int first = code & (1 << ROOT) - 1;
          longest[first] = Math.max(longest[first], n);
        }
      }
    }
    return longest;
  }

  private void fill(int[] lengths, int[] next, int root) {
    if (table.length > 1 << root) {
      int[] longest = longest(lengths, next.clone());
      int at = 1 << ROOT;
      for (int first = 0; first < longest.length; first++) {
        if (longest[first] > 0) {
          table[first] = longest[first] << 16 | at;
          at += 1 << longest[first] - ROOT;
        }
      }
    }
    for (int symbol = 0; symbol < lengths.length; symbol++) {
      int n = lengths[symbol];
      if (n == 0) {
        continue;
      }
      int code = reversed(next[n]++, n);
      int entry = n << 16 | symbol;
      if (n <= ROOT) {
        for (int i = code; i <= mask; i += 1 << n) {
          table[i] = entry;
        }
      } else {
        int further = table[code & mask];
        int from = further & 0xffff;
        int size = 1 << (further >>> 16) - ROOT;
        for (int i = code >> ROOT; i < size; i += 1 << n - ROOT) {
          table[from + i] = entry;
        }
      }
    }
  }

  private static int reversed(int code, int bits) {
    return Integer.reverse(code) >>> 32 - bits;
  }

  /** The next symbol; {@code in} must hold 15 bits. */
  int read(Vp8lBits in) {
    int bits = in.peek();
    int entry = table[bits & mask];
    int n = entry >>> 16;
    if (n > ROOT) {
      int index = (bits >> ROOT) & (1 << n - ROOT) - 1;
      entry = table[(entry & 0xffff) + index];
      n = entry >>> 16;
    }
    in.skip(n);
    return entry & 0xffff;
  }

  /** Entries of the table. */
  int entries() {
    return table.length;
  }
}
