package dev.lgc.runtime.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/** CRC-32C of memory, which processors compute faster than disks read. */
public final class Crc32c {
  private static final long PART = 1 << 30;
  private static final int COPIED = 1 << 18;

  private Crc32c() {}

  /** The checksum of some bytes. */
  public static int of(MemorySegment bytes) {
    CRC32C sum = new CRC32C();
    update(sum, bytes);
    return (int) sum.getValue();
  }

  /** Goes on with a checksum. */
  public static void update(CRC32C sum, MemorySegment bytes) {
    if (bytes.isNative()) {
      for (long at = 0; at < bytes.byteSize(); at += PART) {
        sum.update(bytes.asSlice(at, Math.min(PART, bytes.byteSize() - at)).asByteBuffer());
      }
      return;
    }
    byte[] copy = new byte[(int) Math.min(COPIED, bytes.byteSize())];
    for (long at = 0; at < bytes.byteSize(); at += copy.length) {
      int n = (int) Math.min(copy.length, bytes.byteSize() - at);
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, copy, 0, n);
      sum.update(copy, 0, n);
    }
  }
}
