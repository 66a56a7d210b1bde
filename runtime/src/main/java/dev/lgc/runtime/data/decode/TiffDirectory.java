package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The first directory of a TIFF or BigTIFF: whole numbers by tag. */
final class TiffDirectory {
  static final int WIDTH = 256;
  static final int HEIGHT = 257;
  static final int BITS = 258;
  static final int COMPRESSION = 259;
  static final int PHOTOMETRIC = 262;
  static final int FILL_ORDER = 266;
  static final int STRIP_OFFSETS = 273;
  static final int ORIENTATION = 274;
  static final int SAMPLES = 277;
  static final int ROWS_PER_STRIP = 278;
  static final int STRIP_BYTES = 279;
  static final int PLANAR = 284;
  static final int PREDICTOR = 317;
  static final int COLOR_MAP = 320;
  static final int TILE_WIDTH = 322;
  static final int TILE_HEIGHT = 323;
  static final int TILE_OFFSETS = 324;
  static final int TILE_BYTES = 325;
  static final int INK_SET = 332;
  static final int EXTRA_SAMPLES = 338;
  static final int SAMPLE_FORMAT = 339;

  /** All that is needed; others are not kept. */
  private static final Set<Integer> KEPT =
      Set.of(
          WIDTH,
          HEIGHT,
          BITS,
          COMPRESSION,
          PHOTOMETRIC,
          FILL_ORDER,
          STRIP_OFFSETS,
          ORIENTATION,
          SAMPLES,
          ROWS_PER_STRIP,
          STRIP_BYTES,
          PLANAR,
          PREDICTOR,
          COLOR_MAP,
          TILE_WIDTH,
          TILE_HEIGHT,
          TILE_OFFSETS,
          TILE_BYTES,
          INK_SET,
          EXTRA_SAMPLES,
          SAMPLE_FORMAT);

  final ByteBuffer in;
  private final Map<Integer, Numbers> values = new HashMap<>();

  /**
   * The numbers of a tag, which stay in the file: however many it promises, they take no memory.
   *
   * @param at where the first is
   * @param size bytes of each
   */
  private record Numbers(int at, int count, int size) {}

  private TiffDirectory(ByteBuffer in) {
    this.in = in;
  }

  /** Returns true if {@code in} begins as TIFF does. */
  static boolean recognizes(ByteBuffer in) {
    if (in.limit() < 8) {
      return false;
    }
    int magic = in.getInt(0);
    return magic == 0x49492a00 || magic == 0x4d4d002a || magic == 0x49492b00 || magic == 0x4d4d002b;
  }

  /** Reads the first directory of {@code file}. */
  static TiffDirectory read(ByteBuffer file) throws ImageException {
    ByteBuffer in = file.duplicate();
    in.order(in.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    TiffDirectory d = new TiffDirectory(in);
    boolean big = in.getShort(2) == 43;
    int at = place(in, big ? in.getLong(8) : in.getInt(4) & 0xffffffffL);
    long entries = big ? in.getLong(at) : in.getShort(at) & 0xffff;
    if (entries < 1 || entries > 1 << 16) {
      throw ImageException.damaged(Text.format("a directory of %d entries", entries));
    }
    at += big ? 8 : 2;
    for (int i = 0; i < entries; i++, at += big ? 20 : 12) {
      d.entry(at, big);
    }
    return d;
  }

  private static int place(ByteBuffer in, long at) throws ImageException {
    if (at < 0 || at >= in.limit()) {
      throw ImageException.damaged("it ends too early");
    }
    return (int) at;
  }

  private void entry(int at, boolean big) {
    int tag = in.getShort(at) & 0xffff;
    if (!KEPT.contains(tag) || values.containsKey(tag)) {
      return;
    }
    int type = in.getShort(at + 2) & 0xffff;
    int size =
        switch (type) {
          case 1, 7 -> 1;
          case 3 -> 2;
          case 4, 13 -> 4;
          case 16, 18 -> 8;
          default -> 0; // No whole numbers: nothing that is needed.
        };
    long count = big ? in.getLong(at + 4) : in.getInt(at + 4) & 0xffffffffL;
    if (size == 0 || count < 1) {
      return;
    }
    int inline = big ? 8 : 4;
    int value = at + (big ? 12 : 8);
    if (count > in.limit() / size) {
      return; // If it is needed, it will be missed.
    }
    long bytes = count * size;
    if (bytes > inline) {
      long there = big ? in.getLong(value) : in.getInt(value) & 0xffffffffL;
      if (there < 0 || there > in.limit() - bytes) {
        return;
      }
      value = (int) there;
    }
    values.put(tag, new Numbers(value, (int) count, size));
  }

  /** The number of values that {@code tag} has; 0 if it is not there. */
  int count(int tag) {
    return values.containsKey(tag) ? values.get(tag).count() : 0;
  }

  /** Number {@code i} of {@code tag}, which has more than {@code i}. */
  long at(int tag, int i) {
    Numbers n = values.get(tag);
    int v = n.at() + Objects.checkIndex(i, n.count()) * n.size();
    return switch (n.size()) {
      case 1 -> in.get(v) & 0xff;
      case 2 -> in.getShort(v) & 0xffff;
      case 4 -> in.getInt(v) & 0xffffffffL;
      default -> in.getLong(v);
    };
  }

  /** The first number of {@code tag}, or {@code absent}. */
  long first(int tag, long absent) {
    return count(tag) == 0 ? absent : at(tag, 0);
  }

  /** The first number of {@code tag}, from {@code least} to {@code most}. */
  int number(int tag, long absent, int least, int most, String what) throws ImageException {
    long n = first(tag, absent);
    if (n < least || n > most) {
      throw ImageException.damaged(Text.format("%s of %d", what, n));
    }
    return (int) n;
  }

  /** The one number that all of {@code tag} are, or {@code absent}. */
  long same(int tag, long absent) throws ImageException {
    for (int i = 1; i < count(tag); i++) {
      if (at(tag, i) != at(tag, 0)) {
        throw ImageException.unsupported("a TIFF whose samples differ in size or kind is not read");
      }
    }
    return first(tag, absent);
  }
}
