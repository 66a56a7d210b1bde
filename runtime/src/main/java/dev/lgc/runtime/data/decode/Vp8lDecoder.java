package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.List;

/** Decodes the pixels of a lossless WebP, or of a compressed alpha plane (RFC 9649, section 3). */
final class Vp8lDecoder {
  private static final int SIGNATURE = 0x2f;

  /** Distances 1 to 120: the row above in the upper half of each byte, 8 less the column below. */
  private static final int[] NEAR = {
    24, 7, 23, 25, 40, 6, 39, 41, 22, 26, 38, 42, 56, 5, 55, 57,
    21, 27, 54, 58, 37, 43, 72, 4, 71, 73, 20, 28, 53, 59, 70, 74,
    36, 44, 88, 69, 75, 52, 60, 3, 87, 89, 19, 29, 86, 90, 35, 45,
    68, 76, 85, 91, 51, 61, 104, 2, 103, 105, 18, 30, 102, 106, 34, 46,
    84, 92, 67, 77, 101, 107, 50, 62, 120, 1, 119, 121, 83, 93, 17, 31,
    100, 108, 66, 78, 118, 122, 33, 47, 117, 123, 49, 63, 99, 109, 82, 94,
    0, 116, 124, 65, 79, 16, 32, 98, 110, 48, 115, 125, 81, 95, 64, 114,
    126, 97, 111, 80, 113, 127, 96, 112
  };

  private final Vp8lBits in;
  private final Vp8lCodes codes;
  private int cacheBits;

  private Vp8lDecoder(Vp8lBits in) {
    this.in = in;
    this.codes = new Vp8lCodes(in);
  }

  /** Size, whether alpha counts, and the reader of the pixels. */
  record Header(int width, int height, boolean transparent, Vp8lBits in) {}

  /** Bytes that decoding takes. */
  static long bytes(int width, int height) {
    return 8L * width * height;
  }

  /** Reads the header of a picture. */
  static Header header(byte[] bytes) throws ImageException {
    Vp8lBits in = new Vp8lBits(bytes, 0, bytes.length);
    if (in.read(8) != SIGNATURE) {
      throw ImageException.damaged("its lossless pixels have no signature");
    }
    int width = in.read(14) + 1;
    int height = in.read(14) + 1;
    boolean transparent = in.flag();
    if (in.read(3) != 0) {
      throw ImageException.damaged("its lossless pixels have an unknown version");
    }
    return new Header(width, height, transparent, in);
  }

  /** Decodes a picture, or an alpha plane, which has no header, as alpha, red, green and blue. */
  static int[] decode(Vp8lBits in, int width, int height) throws ImageException {
    Vp8lDecoder d = new Vp8lDecoder(in);
    List<Vp8lTransform> transforms = new ArrayList<>();
    int packed = width;
    int seen = 0;
    while (in.flag()) {
      int kind = in.read(2);
      if ((seen & 1 << kind) != 0) {
        throw ImageException.damaged("a transform is given twice");
      }
      seen |= 1 << kind;
      Vp8lTransform t = d.transform(kind, packed, height);
      transforms.add(t);
      packed = kind == Vp8lTransform.PALETTE ? Vp8lTransform.tiles(packed, t.bits()) : packed;
    }
    int[] argb = d.image(packed, height, true);
    for (Vp8lTransform t : transforms.reversed()) {
      argb = t.undo(argb, height);
    }
    return argb;
  }

  private Vp8lTransform transform(int kind, int width, int height) throws ImageException {
    return switch (kind) {
      case Vp8lTransform.PREDICTOR, Vp8lTransform.COLOR -> {
        int bits = in.read(3) + 2;
        int across = Vp8lTransform.tiles(width, bits);
        int[] tiles = image(across, Vp8lTransform.tiles(height, bits), false);
        yield new Vp8lTransform(kind, width, bits, tiles);
      }
      case Vp8lTransform.PALETTE -> {
        int colors = in.read(8) + 1;
        int bits = colors > 16 ? 0 : colors > 4 ? 1 : colors > 2 ? 2 : 3;
        int[] palette = image(colors, 1, false);
        for (int i = 1; i < colors; i++) {
          palette[i] = Vp8lTransform.add(palette[i], palette[i - 1]);
        }
        yield new Vp8lTransform(kind, width, bits, palette);
      }
      default -> new Vp8lTransform(kind, width, 0, new int[0]);
    };
  }

  private int[] image(int width, int height, boolean outer) throws ImageException {
    int cache = 0;
    if (in.flag()) {
      cache = in.read(4);
      if (cache < 1 || cache > 11) {
        throw ImageException.damaged(Text.format("a colour cache of %d bits", cache));
      }
    }
    int tileBits = 0;
    int[] tiles = null;
    if (outer && in.flag()) {
      tileBits = in.read(3) + 2;
      int across = Vp8lTransform.tiles(width, tileBits);
      tiles = image(across, Vp8lTransform.tiles(height, tileBits), false);
    }
    cacheBits = cache;
    return pixels(width, height, groups(tiles), tiles, tileBits);
  }

  private Vp8lHuffman[][] groups(int[] tiles) throws ImageException {
    int cached = cacheBits == 0 ? 0 : 1 << cacheBits;
    if (tiles == null) {
      return new Vp8lHuffman[][] {codes.group(cached, true)};
    }
    int most = 0;
    boolean[] used = new boolean[1 << 16];
    for (int i = 0; i < tiles.length; i++) {
      tiles[i] = tiles[i] >> 8 & 0xffff;
      used[tiles[i]] = true;
      most = Math.max(most, tiles[i]);
    }
    Vp8lHuffman[][] groups = new Vp8lHuffman[most + 1][];
    for (int i = 0; i <= most; i++) {
      Vp8lHuffman[] group = codes.group(cached, used[i]);
      groups[i] = used[i] ? group : null;
    }
    return groups;
  }

  private int[] pixels(int width, int height, Vp8lHuffman[][] groups, int[] tiles, int tileBits)
      throws ImageException {
    int[] out = new int[Math.multiplyExact(width, height)];
    int[] cache = new int[cacheBits == 0 ? 0 : 1 << cacheBits];
    int cacheShift = 32 - cacheBits;
    int across = Vp8lTransform.tiles(width, tileBits);
    int mask = tiles == null ? -1 : (1 << tileBits) - 1;
    Vp8lHuffman[] group = groups[tiles == null ? 0 : tiles[0]];
    int x = 0;
    int y = 0;
    for (int i = 0; i < out.length; ) {
      if (tiles != null && (x & mask) == 0) {
        group = groups[tiles[(y >> tileBits) * across + (x >> tileBits)]];
      }
      in.fill();
      int code = group[0].read(in);
      int n = 1;
      if (code < Vp8lCodes.LITERALS) {
        int red = group[1].read(in);
        in.fill();
        int blue = group[2].read(in);
        int alpha = group[3].read(in);
        out[i] = alpha << 24 | red << 16 | code << 8 | blue;
      } else if (code < Vp8lCodes.LITERALS + Vp8lCodes.LENGTHS) {
        n = prefixed(code - Vp8lCodes.LITERALS);
        in.fill();
        int distance = distance(prefixed(group[4].read(in)), width);
        if (distance > i || n > out.length - i) {
          throw ImageException.damaged("a copy reaches outside of the picture");
        }
        for (int k = i; k < i + n; k++) {
          out[k] = out[k - distance];
        }
      } else {
        out[i] = cache[code - Vp8lCodes.LITERALS - Vp8lCodes.LENGTHS];
      }
      if (cacheBits > 0) {
        for (int k = i; k < i + n; k++) {
          cache[0x1e35a7bd * out[k] >>> cacheShift] = out[k];
        }
      }
      i += n;
      x += n;
      if (x >= width) {
        y += x / width;
        x %= width;
      }
      if (n > 1 && tiles != null && i < out.length) {
        group = groups[tiles[(y >> tileBits) * across + (x >> tileBits)]];
      }
    }
    in.fill();
    return out;
  }

  /** A number given by its prefix and further bits. */
  private int prefixed(int prefix) throws ImageException {
    if (prefix < 4) {
      return prefix + 1;
    }
    int extra = prefix - 2 >> 1;
    return ((2 + (prefix & 1)) << extra) + in.read(extra) + 1;
  }

  /** The number of pixels back at which a copy begins; small codes are places near the pixel. */
  private static int distance(int code, int width) {
    if (code > NEAR.length) {
      return code - NEAR.length;
    }
    int near = NEAR[code - 1];
    return Math.max(1, (near >> 4) * width + 8 - (near & 15));
  }
}
