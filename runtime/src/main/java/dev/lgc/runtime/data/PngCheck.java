package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * Walks the chunks of a PNG before it is decoded: lengths, which come first and last, and the
 * checksums of those that carry pixels, so that a damaged picture is refused whatever the decoder
 * would make of it.
 */
final class PngCheck {
  private static final long SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int IHDR = 0x49484452;
  private static final int IEND = 0x49454e44;
  private static final int ANCILLARY = 0x20000000;

  private PngCheck() {}

  /** Returns if {@code bytes} are a PNG with sound chunks, or no PNG at all. */
  static void check(String name, byte[] bytes) {
    if (bytes.length < 8 || ByteBuffer.wrap(bytes).getLong() != SIGNATURE) {
      return;
    }
    ByteBuffer b = ByteBuffer.wrap(bytes).position(8);
    CRC32 crc = new CRC32();
    for (boolean first = true; ; first = false) {
      if (b.remaining() < 12) {
        throw ImageReader.damaged(name, "it ends before its last chunk", null);
      }
      int length = b.getInt();
      int type = b.getInt(b.position());
      if (length < 0 || length > b.remaining() - 8) {
        throw ImageReader.damaged(
            name, Text.format("a chunk of %d bytes", length & 0xffffffffL), null);
      }
      if (first && type != IHDR) {
        throw ImageReader.damaged(name, "it does not begin with a header", null);
      }
      crc.reset();
      crc.update(bytes, b.position(), length + 4);
      b.position(b.position() + length + 4);
      if (b.getInt() != (int) crc.getValue() && (type & ANCILLARY) == 0) {
        throw ImageReader.damaged(name, "a checksum is wrong", null);
      }
      if (type == IEND) {
        return;
      }
    }
  }
}
