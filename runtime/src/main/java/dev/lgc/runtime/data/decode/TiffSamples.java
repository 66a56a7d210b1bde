package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.nio.ByteBuffer;

/** Samples of a band of a TIFF as numbers from 0 to 255. */
final class TiffSamples {
  private static final int UNSIGNED = 1;
  private static final int SIGNED = 2;
  private static final int FLOAT = 3;
  private static final int UNKNOWN = 4;

  private final TiffDirectory d;
  private final int bits;
  private final int format;
  private ByteBuffer[] planes;
  private int stride;
  private int samples;

  TiffSamples(TiffDirectory d) throws ImageException {
    this.d = d;
    this.bits = (int) d.same(TiffDirectory.BITS, 1);
    int given = (int) d.same(TiffDirectory.SAMPLE_FORMAT, UNSIGNED);
    this.format = given == UNKNOWN ? UNSIGNED : given;
    boolean known =
        switch (format) {
          case UNSIGNED -> bits == 1 || bits == 2 || bits == 4 || whole();
          case SIGNED -> whole();
          case FLOAT -> bits == 16 || bits == 32 || bits == 64;
          default -> false;
        };
    if (!known) {
      throw ImageException.unsupported(
          Text.format("samples of %d bits and kind %d are not read", bits, format));
    }
  }

  private boolean whole() {
    return bits == 8 || bits == 16 || bits == 32;
  }

  /** Bits of a sample. */
  int bits() {
    return bits;
  }

  /** The samples are now those of a band: its planes, bytes of a row, samples of a pixel. */
  void of(byte[][] band, int stride, int samples) {
    this.planes = new ByteBuffer[band.length];
    for (int i = 0; i < band.length; i++) {
      planes[i] = ByteBuffer.wrap(band[i]).order(d.in.order());
    }
    this.stride = stride;
    this.samples = samples;
  }

  /** The first sample of a pixel as it is, up to 16 bits. */
  int raw(int row, int x) {
    int at = planes.length == 1 ? x * samples : x;
    ByteBuffer plane = planes[0];
    return switch (bits) {
      case 8 -> plane.get(row * stride + at) & 0xff;
      case 16 -> plane.getShort(row * stride + 2 * at) & 0xffff;
      default -> small(plane, row * stride, at);
    };
  }

  private int small(ByteBuffer plane, int row, int at) {
    int bit = at * bits;
    return (plane.get(row + (bit >> 3)) & 0xff) >> 8 - bits - (bit & 7) & (1 << bits) - 1;
  }

  /** Sample {@code c} of pixel {@code x}, 0 to 255. */
  int eight(int row, int x, int c) throws ImageException {
    ByteBuffer plane = planes.length == 1 ? planes[0] : planes[c];
    int at = planes.length == 1 ? x * samples + c : x;
    int from = row * stride;
    if (format == FLOAT) {
      return floating(
          switch (bits) {
            case 16 -> Float.float16ToFloat(plane.getShort(from + 2 * at));
            case 32 -> plane.getFloat(from + 4 * at);
            default -> plane.getDouble(from + 8 * at);
          });
    }
    // The smallest signed number becomes 0.
    int sign = format == SIGNED ? 128 : 0;
    return switch (bits) {
      case 8 -> plane.get(from + at) + sign & 0xff;
      case 16 -> (plane.getShort(from + 2 * at) >> 8) + sign & 0xff;
      case 32 -> (plane.getInt(from + 4 * at) >> 24) + sign & 0xff;
      default -> Samples.unsigned(small(plane, from, at), bits);
    };
  }

  private static int floating(double v) throws ImageException {
    if (!(v >= 0 && v <= 1)) {
      throw ImageException.unsupported(
          Text.format("a floating-point sample of %s, outside of 0 to 1", v));
    }
    return (int) (v * 255 + 0.5);
  }
}
